/** What says where Temporal is, and how to reach it, cannot be read or names what does not exist. Other settings cure that. */
export class TemporalConfigurationError extends Error {
  override readonly name: string = 'TemporalConfigurationError';
}
