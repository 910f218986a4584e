/** A URL, or what should be one, as it may be shown: without user, password, query and fragment. */
export function withoutUserInfo(url: string): string {
  return url.replace(/^.*@/s, '…@').replace(/[?#].*$/s, '…');
}
