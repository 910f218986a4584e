import { describe, expect, it } from 'vitest';
import { exportStartOptions } from '../../src/client/start-options';
import type { ExportImageInput } from '../../src/contract';
import { parseExportStart } from '../../src/request/export';

const input: ExportImageInput = {
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: `ims-image:exports/${'long/'.repeat(60)}a.qcow2`,
  fileFormat: 'qcow2',
};
const options = exportStartOptions(input, parseExportStart(input));

describe('the start of an export', () => {
  it('has the id of its destination, and the input as it was given', () => {
    expect(options.workflowId).toBe(`ims-export:${input.bucketUrl}`);
    expect(options.args).toEqual([input]);
  });

  it('starts again after any end', () => {
    expect(options.workflowIdReusePolicy).toBe('ALLOW_DUPLICATE');
  });

  it('has a summary for the list of the Web UI, which takes 200 bytes, and details with the messages that there will be', () => {
    expect(options.staticSummary).toContain('ims-image:exports/');
    expect(Buffer.byteLength(options.staticSummary)).toBeLessThanOrEqual(200);
    expect(options.staticDetails).toContain('pollNow');
  });
});
