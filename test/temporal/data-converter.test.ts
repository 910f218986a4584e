import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATA_CONVERTER, DataConverterError, dataConverterOf } from '../../src/temporal/data-converter';
import { OTHER_SECRET, STRICT_CODEC } from '../rigs/strict-codec';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-converter-'));
});
afterAll(() => rm(folder, { recursive: true }));

const CODEC = '{ encode: async (payloads) => payloads, decode: async (payloads) => payloads }';

async function load(name: string, text: string) {
  const file = join(folder, name);
  await writeFile(file, text);
  // As a user names it: from the working directory.
  return await dataConverterOf({ [DATA_CONVERTER]: relative(process.cwd(), file) });
}

describe('the data converter of the environment', () => {
  it('is none where none is named', async () => {
    expect(await dataConverterOf({})).toBeUndefined();
    expect(await dataConverterOf({ [DATA_CONVERTER]: '' })).toBeUndefined();
  });

  it.each([
    ['an object of a CommonJS module', 'object.cjs', `exports.dataConverter = { payloadCodecs: [${CODEC}] }`],
    [
      'an object whose name Node does not see',
      'hidden.cjs',
      `module.exports = make(); function make() { return { dataConverter: { payloadCodecs: [${CODEC}] } } }`,
    ],
    ['an object of an ES module', 'object.mjs', `export const dataConverter = { payloadCodecs: [${CODEC}] }`],
    ['a function', 'function.cjs', `exports.dataConverter = () => ({ payloadCodecs: [${CODEC}] })`],
    [
      'an async function',
      'async.mjs',
      `export async function dataConverter() { return { payloadCodecs: [${CODEC}] } }`,
    ],
  ])('may be %s', async (_what, name, text) => {
    const { payloadCodecs } = (await load(name, text)) ?? {};
    expect(payloadCodecs).toHaveLength(1);
  });

  it('has the converters that it names', async () => {
    const { payloadConverterPath } = (await dataConverterOf({ [DATA_CONVERTER]: STRICT_CODEC })) ?? {};
    expect(payloadConverterPath).toMatch(/payload-converter\.cjs$/);
    expect(await dataConverterOf({ [DATA_CONVERTER]: OTHER_SECRET })).toBeDefined();
  });

  it.each([
    ['has no such export', 'no-export.cjs', 'exports.other = {}', 'it has no export named dataConverter'],
    [
      'throws',
      'throws.cjs',
      "throw new Error('no key in the vault')",
      'it throws when it is loaded: no key in the vault',
    ],
    [
      'has a function that throws',
      'rejects.mjs',
      "export const dataConverter = async () => { throw new Error('sealed') }",
      'its function dataConverter throws: sealed',
    ],
    ['exports something else', 'number.cjs', 'exports.dataConverter = 42', 'is neither a DataConverter'],
    ['exports nothing of a converter', 'empty.cjs', 'exports.dataConverter = {}', 'is neither a DataConverter'],
    [
      'has a codec that cannot decode',
      'half.cjs',
      'exports.dataConverter = { payloadCodecs: [{ encode: (p) => p }] }',
      'is neither a DataConverter',
    ],
    [
      'names a converter that is not there',
      'gone.cjs',
      "exports.dataConverter = { payloadConverterPath: '/nowhere/converter.cjs' }",
      "'/nowhere/converter.cjs'",
    ],
  ])('is refused, by the name of its module, when it %s', async (_what, name, text, why) => {
    const refused = await load(name, text).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DataConverterError);
    const { message } = refused as Error;
    expect(message).toContain(name);
    expect(message).toContain('--data-converter, IMS_EXPORT_DATA_CONVERTER');
    expect(message).toContain(why);
  });

  it('is refused when there is no such file', async () => {
    const refused = dataConverterOf({ [DATA_CONVERTER]: './nowhere.cjs' });
    await expect(refused).rejects.toThrow(
      `./nowhere.cjs (--data-converter, ${DATA_CONVERTER}) cannot be used: there is no file`,
    );
  });
});
