/** What the metadata service is like; it may be changed at any time. */
export interface MetadataSettings {
  /** Whether the ECS has an agency. Without one there is no key: 401. @default true */
  agency: boolean;
  /**
   * Session tokens: taken where one comes (`optional`), demanded (`required`), or not known, so that a PUT for one is
   * answered with this status. @default 'optional'
   */
  tokens: 'optional' | 'required' | 404 | 405 | 503;
  /** How long before the end of its key the service gives out another. @default 10 minutes */
  renewedBeforeEndMs: number;
}
