import { describe, expect, it } from 'vitest';
import {
  compareJobs,
  isSameImageAndFormat,
  isSameResult,
  readAttachedJob,
  readImageAndFormat,
} from '../../src/export/same-export';

describe('image and format of an input', () => {
  it('are read in lower case, and a quick export gets zvhd2', () => {
    expect(readImageAndFormat({ imageId: 'D164', fileFormat: 'vhd' })).toEqual({ imageId: 'd164', fileFormat: 'vhd' });
    expect(readImageAndFormat({ imageId: 'd164', isQuickExport: true })).toEqual({
      imageId: 'd164',
      fileFormat: 'zvhd2',
    });
    expect(readImageAndFormat({ imageId: 'd164', attach: {} })).toEqual({ imageId: 'd164', fileFormat: null });
  });

  it('are unknown when the input names no image', () => {
    for (const input of [undefined, null, 7, 'd164', [], {}, { imageId: 7 }]) {
      expect(readImageAndFormat(input)).toBeUndefined();
    }
  });

  it('are read together with the job to attach to', () => {
    expect(readAttachedJob({ attach: { jobId: 'j' } })).toBe('j');
    for (const input of [undefined, null, 7, {}, { attach: null }, { attach: { jobId: 7 } }]) {
      expect(readAttachedJob(input)).toBeUndefined();
    }
  });
});

describe('the comparison of exports', () => {
  const one = { imageId: 'i', fileFormat: 'qcow2' } as const;
  const unknown = { imageId: 'i', fileFormat: null };

  it('is the same for the same image and format, and an unknown format fits any', () => {
    expect(isSameImageAndFormat(one, one)).toBe(true);
    expect(isSameImageAndFormat(unknown, one)).toBe(true);
    expect(isSameImageAndFormat(one, unknown)).toBe(true);
    expect(isSameImageAndFormat({ ...one, fileFormat: 'vhd' }, one)).toBe(false);
    expect(isSameImageAndFormat({ ...one, imageId: 'other' }, one)).toBe(false);
  });

  it('has no result for a known format when the format of the earlier export is unknown', () => {
    expect(isSameResult(unknown, one)).toBe(false);
    expect(isSameResult(unknown, unknown)).toBe(true);
    expect(isSameResult(one, unknown)).toBe(true);
  });

  it('compares the job only when the caller names one', () => {
    expect(compareJobs({ ...one, jobId: 'j' }, one)).toBe('unnamed');
    expect(compareJobs({ ...one, jobId: 'j' }, { ...one, jobId: 'j' })).toBe('same');
    expect(compareJobs({ ...one, jobId: 'j' }, { ...one, jobId: 'k' })).toBe('other');
    expect(compareJobs({ ...one, jobId: null }, { ...one, jobId: 'k' })).toBe('none');
    expect(compareJobs(undefined, { ...one, jobId: 'k' })).toBe('none');
    expect(compareJobs({ ...one, jobId: null }, { ...one, jobId: 'k' }, true)).toBe('sought');
  });
});
