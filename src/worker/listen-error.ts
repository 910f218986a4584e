/** A server cannot listen where it was told to. Another port or address cures that. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
