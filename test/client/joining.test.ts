/** That each answer follows from the table is in test/export/joining.test.ts. */
import { expect, it } from 'vitest';
import { refuseTakenId } from '../../src/client/joining';
import { EXPORT_IMAGE_WORKFLOW } from '../../src/contract';
import { parseExportStart } from '../../src/request/export';

const request = parseExportStart({
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'ims-image:a.qcow2',
  fileFormat: 'qcow2',
});

it('an earlier success is left to the run that is started, unless it was of a workflow that is no export', () => {
  expect(() => refuseTakenId('client', request, EXPORT_IMAGE_WORKFLOW)).not.toThrow();
  expect(() => refuseTakenId('nexus', request, 'orderWorkflow')).toThrow(
    /of type orderWorkflow, which is not an export/,
  );
});
