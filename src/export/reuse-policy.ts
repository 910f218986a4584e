/**
 * May Temporal start an export under the id of one that has ended? After any end: the run itself looks at what is there.
 *
 * Workflows start exports too, and `joining.ts` is not in their bundle: a test holds these to that table.
 */
export const REUSE_POLICY = 'ALLOW_DUPLICATE' as const;

/**
 * How a batch asks Temporal, at no further call, whether there was an export before: it reads that one, then starts with
 * {@link REUSE_POLICY}. A batch that was reset reads one that has failed, too, since it may have started that itself.
 */
export const ASKING_POLICIES = { batch: 'ALLOW_DUPLICATE_FAILED_ONLY', resetBatch: 'REJECT_DUPLICATE' } as const;
