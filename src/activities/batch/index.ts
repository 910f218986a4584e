export { batchInputSchema, parseBatchInput } from '../../request/batch';
export { listImages } from './list-images';
export { lookAtExports } from './look-at-exports';
export { planBatch } from './plan-batch';
