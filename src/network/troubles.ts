/** Why a connection cannot be made, where no time cures it. */
export type ConnectionTrouble =
  | 'unknownHost'
  | 'wrongName'
  | 'outOfDate'
  | 'unknownAuthority'
  | 'invalid'
  | 'noTls'
  | 'noCommonTls';

/** By the codes of node and OpenSSL. */
const CODES: { [trouble in ConnectionTrouble]: readonly string[] } = {
  // Not EAI_AGAIN, which is a resolver that does not answer now.
  unknownHost: ['ENOTFOUND'],
  wrongName: ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'],
  outOfDate: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
  unknownAuthority: [
    ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
    ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ],
  invalid: [
    ...[
      'CERT_REVOKED',
      'CERT_UNTRUSTED',
      'CERT_REJECTED',
      'CERT_SIGNATURE_FAILURE',
      'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    ],
    ...['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'CERT_CHAIN_TOO_LONG'],
    ...['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD'],
    // What node has no code for, such as a signature by SHA-1.
    'UNSPECIFIED',
  ],
  noTls: ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
  // Not every alert: internal_error may pass.
  noCommonTls: [
    ...['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'],
    ...['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY'],
    ...['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'ERR_SSL_DH_KEY_TOO_SMALL'],
  ],
};

const TROUBLES: ReadonlyMap<string, ConnectionTrouble> = new Map(
  Object.entries(CODES).flatMap(([trouble, codes]) => codes.map((code) => [code, trouble as ConnectionTrouble])),
);

export function troubleOf(code: string | undefined): ConnectionTrouble | undefined {
  return code === undefined ? undefined : TROUBLES.get(code);
}

/** In the place of OpenSSL's texts, which hold addresses in memory and places in its source, its word for the reason. */
export function reasonOf(error: Error & { reason?: unknown }): string {
  return typeof error.reason === 'string' && error.reason !== '' ? error.reason : error.message;
}
