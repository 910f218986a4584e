/** An error of OBS, answered as XML, or by its status alone to a HEAD (huaweicloudDocs/obs, "错误码"). */
export class ObsError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: { [name: string]: string } = {},
  ) {
    super(message);
  }
}

export const accessDenied = (message = 'Access Denied') => new ObsError(403, 'AccessDenied', message);
export const noSuchBucket = () => new ObsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
export const noSuchKey = () => new ObsError(404, 'NoSuchKey', 'The specified key does not exist');
export const methodNotAllowed = () =>
  new ObsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource');
export const notImplemented = (what: string) =>
  new ObsError(501, 'NotImplemented', `The simulator does not implement ${what}`);
export const invalidArgument = (message: string) => new ObsError(400, 'InvalidArgument', message);
