import { dirname } from 'node:path';
import ts from 'typescript';

/**
 * Compiles projects as `tsc -p` would, one program each, but reads every declaration file once for all of them: that is
 * most of the work.
 *
 * @returns what is wrong, as tsc prints it; empty when nothing is
 */
export function compile(configFiles: readonly string[]): string {
  const read = new Map<string, ts.SourceFile | undefined>();
  return configFiles.map((configFile) => compileProject(configFile, read)).join('');
}

function compileProject(configFile: string, read: Map<string, ts.SourceFile | undefined>): string {
  const { config, error } = ts.readConfigFile(configFile, ts.sys.readFile);
  if (error !== undefined) return text([error]);
  const { fileNames, options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(configFile));
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (fileName, languageVersion, ...rest) => {
    const key = `${fileName} ${JSON.stringify(languageVersion, withoutFunctions)}`;
    if (!fileName.endsWith('.d.ts')) return getSourceFile(fileName, languageVersion, ...rest);
    if (!read.has(key)) read.set(key, getSourceFile(fileName, languageVersion, ...rest));
    return read.get(key);
  };
  const program = ts.createProgram(fileNames, options, host);
  const { diagnostics } = program.emit();
  return text([...errors, ...ts.getPreEmitDiagnostics(program), ...diagnostics]);
}

function withoutFunctions(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? undefined : value;
}

function text(diagnostics: readonly ts.Diagnostic[]): string {
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => '',
    getNewLine: () => '\n',
  });
}
