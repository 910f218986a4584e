/**
 * What says where Temporal is, and how to reach it, cannot be read or names what does not exist: a profile, a certificate, an
 * address, or the namespace of any call. Other settings cure that.
 */
export class TemporalConfigurationError extends Error {
  override readonly name: string = 'TemporalConfigurationError';
}
