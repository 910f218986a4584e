/**
 * The data converter of a namespace that encrypts, from a module that the user names.
 *
 * @module
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { textOf } from './unreachable';

/** The variable that names the module, as the flag `--data-converter` does. */
export const DATA_CONVERTER = 'IMS_EXPORT_DATA_CONVERTER';

/** @param module the environment's own when absent */
export function environmentWith(module: string | undefined, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return module === undefined ? env : { ...env, [DATA_CONVERTER]: module };
}

/** The module cannot be used. */
export class DataConverterError extends Error {
  override readonly name = 'DataConverterError';

  constructor(module: string, why: string, cause?: unknown) {
    super(`The data converter module ${module} (--data-converter, ${DATA_CONVERTER}) cannot be used: ${why}`, {
      cause,
    });
  }
}

/**
 * The data converter that the module of the environment exports by the name `dataConverter`: a `DataConverter`, or a function,
 * which may be async, that returns one. The path is relative to the working directory; the module is CommonJS or ESM.
 *
 * @throws DataConverterError that names the module
 */
export async function dataConverterOf(env: NodeJS.ProcessEnv = process.env): Promise<DataConverter | undefined> {
  const module = env[DATA_CONVERTER];
  return module ? await loadModule(module) : undefined;
}

async function loadModule(module: string): Promise<DataConverter> {
  const exported = await exportOf(module);
  if (exported === undefined) {
    throw new DataConverterError(module, 'it has no export named dataConverter. Export it by that name.');
  }
  const dataConverter: unknown =
    typeof exported === 'function'
      ? await called(module, exported as () => unknown)
      : // As a promise may be exported too.
        await exported;
  if (!isDataConverter(dataConverter)) {
    throw new DataConverterError(
      module,
      'its dataConverter is neither a DataConverter (payloadConverterPath, failureConverterPath, payloadCodecs with encode and decode) nor a function that returns one.',
    );
  }
  try {
    loadDataConverter(dataConverter);
  } catch (error) {
    throw new DataConverterError(module, textOf(error), error);
  }
  return dataConverter;
}

async function exportOf(module: string): Promise<unknown> {
  const path = resolve(module);
  let file: string;
  try {
    file = require.resolve(path);
  } catch (error) {
    throw new DataConverterError(module, `there is no file ${path}.`, error);
  }
  try {
    const loaded = (await import(pathToFileURL(file).href)) as ExportsOfModule;
    return loaded.dataConverter ?? loaded.default?.dataConverter;
  } catch (error) {
    throw new DataConverterError(module, `it throws when it is loaded: ${textOf(error)}`, error);
  }
}

interface ExportsOfModule {
  dataConverter?: unknown;
  /** What a CommonJS module has exported, where Node does not see the name. */
  default?: { dataConverter?: unknown };
}

async function called(module: string, make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    throw new DataConverterError(module, `its function dataConverter throws: ${textOf(error)}`, error);
  }
}

function isDataConverter(value: unknown): value is DataConverter {
  if (typeof value !== 'object' || value === null) return false;
  const { payloadConverterPath, failureConverterPath, payloadCodecs, externalStorage } =
    value as Partial<DataConverter>;
  const isPath = (path: unknown) => path === undefined || typeof path === 'string';
  const isCodec = (codec: unknown) => {
    const { encode, decode } = Object(codec) as { encode?: unknown; decode?: unknown };
    return typeof encode === 'function' && typeof decode === 'function';
  };
  const codecs = payloadCodecs ?? [];
  const isEmpty = [payloadConverterPath, failureConverterPath, payloadCodecs, externalStorage].every(
    (part) => part === undefined,
  );
  return (
    !isEmpty &&
    [payloadConverterPath, failureConverterPath].every(isPath) &&
    Array.isArray(codecs) &&
    codecs.every(isCodec)
  );
}
