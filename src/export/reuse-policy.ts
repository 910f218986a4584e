/**
 * May Temporal start an export under the id of one that has succeeded? Not for callers that answer with the earlier result.
 *
 * A constant for each caller that starts exports: workflows start some, and `joining.ts` is not in their bundle. A test holds
 * the constants to that table.
 */
export const REUSE_POLICIES = {
  client: 'ALLOW_DUPLICATE_FAILED_ONLY',
  nexus: 'ALLOW_DUPLICATE_FAILED_ONLY',
  child: 'ALLOW_DUPLICATE',
  batch: 'ALLOW_DUPLICATE_FAILED_ONLY',
} as const;
