import { describe, expect, it } from 'vitest';
import { columns } from '../../src/cli/table';

describe('a table', () => {
  it('has columns as wide as their widest cell, and no blanks at the end of a line', () => {
    const rows = [
      ['EXPORT', 'JOB'],
      ['a', 'ff01'],
      ['much-longer', ''],
    ];
    expect(columns(rows)).toEqual(['EXPORT       JOB', 'a            ff01', 'much-longer']);
  });

  it('has a row with a missing cell too', () => {
    expect(columns([['A', 'B'], ['1']])).toEqual(['A  B', '1']);
  });

  it('without rows has no lines', () => {
    expect(columns([])).toEqual([]);
  });
});
