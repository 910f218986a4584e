import { describe, expect, it } from 'vitest';
import { compare } from '../../src/activities/earlier-success';
import type { Reading } from '../../src/activities/preflight/facts';
import type { ExportImageResult } from '../../src/contract';
import type { ObjectInfo } from '../../src/huaweicloud';
import { parseExportInput } from '../../src/request/export';

const JOB = 'a'.repeat(32);
const asked = { imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64', bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
const request = parseExportInput(asked);
const object = { size: 7, etag: 'e', lastModified: '2026-01-01T00:00:00.000Z', format: 'qcow2' } as const;
const result = { ...asked, jobId: JOB, object, finishedAt: '2026-01-01T00:00:01.000Z' } as unknown as ExportImageResult;
const there = (found: Partial<ObjectInfo> | null): Reading<{ object: ObjectInfo | null }> => ({
  kind: 'read',
  value: { object: found && { ...object, storageClass: 'STANDARD', ...found } },
});
const denied = { kind: 'refused', code: 'AccessDenied', text: '403 AccessDenied' } as const;

describe('the object of an earlier success', () => {
  it('is the same by ETag and size alone, and else another one, or none', () => {
    expect(compare(request, result, there({}))).toEqual({
      kind: 'same',
      result: { ...result, verification: { state: 'verified' } },
    });
    expect(compare(request, result, there({ etag: 'f' }))).toEqual({ kind: 'changed' });
    expect(compare(request, result, there({ size: 8 }))).toEqual({ kind: 'changed' });
    expect(compare(request, result, there(null))).toEqual({ kind: 'gone' });
    expect(compare(request, null, there({}))).toEqual({ kind: 'nothing' });
  });

  it('is vouched for by its date where it cannot be read, now or then', () => {
    const reason = expect.stringMatching(/^as of 2026-01-01T00:00:01\.000Z: .*403 AccessDenied/);
    expect(compare(request, result, denied)).toMatchObject({
      kind: 'unreadable',
      result: { object, verification: { state: 'skipped', reason } },
    });
    expect(compare(request, { ...result, object: null }, there({}))).toMatchObject({ kind: 'unreadable' });
    expect(compare(request, { ...result, object: null }, there(null))).toEqual({ kind: 'gone' });
    const moved = { ...denied, code: 'PermanentRedirect' } as const;
    expect(compare(request, result, moved)).toEqual({ kind: 'nothing' });
  });

  it('is no answer for another image, format or job, and refuses those only while it is there', () => {
    const others = [
      { ...asked, imageId: '00000000-1bc3-4c3f-893e-3e471fd16e64' },
      { ...asked, fileFormat: 'vhd' },
      { ...asked, attach: { jobId: 'b'.repeat(32) } },
    ].map((other) => parseExportInput(other));
    for (const other of others) {
      expect(compare(other, result, there({}))).toEqual({ kind: 'sameOfOther', result });
      for (const found of [there(null), there({ etag: 'f' }), denied]) {
        expect(compare(other, result, found)).toEqual({ kind: 'nothing' });
      }
    }
    expect(compare(parseExportInput({ ...asked, attach: { jobId: JOB } }), result, there({}))).toMatchObject({
      kind: 'same',
    });
  });
});
