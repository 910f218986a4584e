import { dirname, join } from 'node:path';
import ts from 'typescript';
import { type Block, place, REPOSITORY } from './pages';

/** Below the repository, so that `temporal-ims-export/…` is the package itself, as its users see it. Nothing is written. */
const FOLDER = join(REPOSITORY, 'blocks-of-docs');

/**
 * Type-checks blocks of TypeScript as written: each is a file of its own, those of a page beside each other, by the names
 * that `title` gives them. One program for all. Each problem is a line with the place.
 */
export function typeProblems(blocks: readonly Block[]): string[] {
  const files = new Map(blocks.map((block) => [fileOf(block), block]));
  const folders = new Set([...files.keys()].flatMap((file) => [dirname(file), FOLDER]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    strict: true,
    noEmit: true,
    // As README tells users to.
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(REPOSITORY, 'node_modules/@types')],
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (path) => files.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => files.get(path)?.text ?? onDisk.readFile(path);
  host.directoryExists = (path) => folders.has(path) || (onDisk.directoryExists?.(path) ?? false);
  host.getSourceFile = (path, language, ...rest) => {
    const block = files.get(path);
    if (block === undefined) return onDisk.getSourceFile(path, language, ...rest);
    return ts.createSourceFile(path, block.text, language);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => tell(diagnostic, files));
}

function fileOf(block: Block): string {
  const name = block.words.get('title') ?? `line-${block.line}.ts`;
  return join(FOLDER, block.page.replace(/\W/g, '-'), name);
}

function tell(diagnostic: ts.Diagnostic, files: ReadonlyMap<string, Block>): string {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const block = files.get(diagnostic.file?.fileName ?? '');
  if (block === undefined) return `${diagnostic.file?.fileName ?? 'the program'}: ${text}`;
  const within = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
  return `${place({ page: block.page, line: block.line + 1 + within })}: ${text}`;
}
