import { describe, expect, it } from 'vitest';
import {
  compareJobs,
  isSameImageAndFormat,
  isSameResult,
  readAttachedJob,
  readImageAndFormat,
} from '../../src/export/same-export';

describe('image and format of an input', () => {
  it('are read in lower case, and a quick export writes zvhd2', () => {
    expect(readImageAndFormat({ imageId: 'D164', fileFormat: 'vhd' })).toEqual({ imageId: 'd164', fileFormat: 'vhd' });
    expect(readImageAndFormat({ imageId: 'd164', isQuickExport: true })).toEqual({
      imageId: 'd164',
      fileFormat: 'zvhd2',
    });
    expect(readImageAndFormat({ imageId: 'd164', attach: {} })).toEqual({ imageId: 'd164', fileFormat: null });
  });

  it('are unknown where it names no image, whatever it is', () => {
    for (const input of [undefined, null, 7, 'd164', [], {}, { imageId: 7 }]) {
      expect(readImageAndFormat(input)).toBeUndefined();
    }
  });

  it('stand beside the job to attach to, where it names one', () => {
    expect(readAttachedJob({ attach: { jobId: 'j' } })).toBe('j');
    for (const input of [undefined, null, 7, {}, { attach: null }, { attach: { jobId: 7 } }]) {
      expect(readAttachedJob(input)).toBeUndefined();
    }
  });
});

describe('the same export', () => {
  const one = { imageId: 'i', fileFormat: 'qcow2' } as const;
  const unknown = { imageId: 'i', fileFormat: null };

  it('is of the same image and format, where a format that is not known fits any', () => {
    expect(isSameImageAndFormat(one, one)).toBe(true);
    expect(isSameImageAndFormat(unknown, one)).toBe(true);
    expect(isSameImageAndFormat(one, unknown)).toBe(true);
    expect(isSameImageAndFormat({ ...one, fileFormat: 'vhd' }, one)).toBe(false);
    expect(isSameImageAndFormat({ ...one, imageId: 'other' }, one)).toBe(false);
  });

  it('has no result for a certain format when its own was never known', () => {
    expect(isSameResult(unknown, one)).toBe(false);
    expect(isSameResult(unknown, unknown)).toBe(true);
    expect(isSameResult(one, unknown)).toBe(true);
  });

  it('has a job that is compared only with one that is named', () => {
    expect(compareJobs({ ...one, jobId: 'j' }, one)).toBe('unnamed');
    expect(compareJobs({ ...one, jobId: 'j' }, { ...one, jobId: 'j' })).toBe('same');
    expect(compareJobs({ ...one, jobId: 'j' }, { ...one, jobId: 'k' })).toBe('other');
    expect(compareJobs({ ...one, jobId: null }, { ...one, jobId: 'k' })).toBe('none');
    expect(compareJobs(undefined, { ...one, jobId: 'k' })).toBe('none');
    expect(compareJobs({ ...one, jobId: null }, { ...one, jobId: 'k' }, true)).toBe('sought');
  });
});
