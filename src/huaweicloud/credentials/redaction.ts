/** A text without these secrets, in whatever way they are spelled in it: the cloud's own words may repeat what was sent to it. */
export function withoutSecrets(text: string, secrets: ReadonlyArray<string | undefined>): string {
  return secrets
    .filter((secret): secret is string => secret !== undefined && secret !== '')
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .reduce((clean, spelling) => clean.replaceAll(spelling, '***'), text);
}
