import { describe, expect, it } from 'vitest';
import { inputOf } from '../../src/cli/start';

const FLAGS = { image: 'd164b5df', to: 'ims-image:a', taskQueue: 'ims-export' };
const optionsBy = (...option: string[]) => inputOf({ ...FLAGS, option }).options;

describe('the input of an export by its flags', () => {
  it('has what was given, and nothing else', () => {
    expect(inputOf({ ...FLAGS, format: 'vhd' })).toEqual({
      imageId: 'd164b5df',
      bucketUrl: 'ims-image:a',
      fileFormat: 'vhd',
    });
    expect(inputOf({ ...FLAGS, quick: true, account: 'berlin' })).toEqual({
      imageId: 'd164b5df',
      bucketUrl: 'ims-image:a',
      isQuickExport: true,
      account: 'berlin',
    });
  });

  it('takes the value of an --option as JSON where it is JSON, else as text', () => {
    expect(optionsBy('maxProbes=2', 'deadline=12h', 'onCancel="detach"', 'searchAttributes=true')).toEqual({
      maxProbes: 2,
      deadline: '12h',
      onCancel: 'detach',
      searchAttributes: true,
    });
  });

  it('puts an --option with dots inside, beside the others of that place', () => {
    expect(optionsBy('rules.notIso=warn', 'rules.bucketReadable=off')).toEqual({
      rules: { notIso: 'warn', bucketReadable: 'off' },
    });
  });

  it('changes no prototype, whatever the path is', () => {
    const options = optionsBy('__proto__.polluted=1');
    expect(Object.getOwnPropertyDescriptor(options, '__proto__')?.value).toEqual({ polluted: 1 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['deadline', '=12h'])('refuses --option %s, which sets nothing', (setting) => {
    expect(() => optionsBy(setting)).toThrow(`--option is '${setting}'; expected path=value, such as deadline=12h`);
  });
});
