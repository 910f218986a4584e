import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = resolve(__dirname, '../../src');

/** All that a node and the nodes below it are. */
function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

interface Found {
  file: string;
  node: ts.Node;
  source: ts.SourceFile;
}

function* sourceNodes(): Generator<Found> {
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(SOURCES, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    for (const node of nodesOf(source)) yield { file, node, source };
  }
}

function places(finds: (node: ts.Node, source: ts.SourceFile) => boolean): string[] {
  const found: string[] = [];
  for (const { file, node, source } of sourceNodes()) {
    if (!finds(node, source)) continue;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push(`${file}:${line + 1} ${node.getText(source)}`);
  }
  return found;
}

const STREAMS = /^(stdout|stderr|_rawDebug)$/;

const FILE_CALLS = /(^|\.)(writev?(Sync)?|(write|append)File(Sync)?|createWriteStream|open(Sync)?)$/;

/** Whether it gets at a way to print: the console, the streams of the process, or their descriptors. */
function isPrinting(node: ts.Node, source: ts.SourceFile): boolean {
  const isProcess = (other?: ts.Node) => other !== undefined && /^(globalThis\.)?process$/.test(other.getText(source));
  if (ts.isIdentifier(node)) return node.text === 'console';
  if (ts.isImportDeclaration(node)) return /^'(node:)?(process|console)'$/.test(node.moduleSpecifier.getText(source));
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && STREAMS.test(node.name.text);
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression);
  if (ts.isVariableDeclaration(node)) return ts.isObjectBindingPattern(node.name) && isProcess(node.initializer);
  if (!ts.isCallExpression(node) || !FILE_CALLS.test(node.expression.getText(source))) return false;
  const [first, options] = node.arguments.map((argument) => argument.getText(source));
  return /^([12]|['"`]\/(dev|proc)\/.*)$/.test(first ?? '') || /\bfd: ?[12]\b/.test(options ?? '');
}

describe('words of others', () => {
  it('are printed by src/terminal and by nothing else', () => {
    const printing = places(isPrinting);
    expect(printing.length).toBeGreaterThan(2);
    expect(printing.filter((place) => !place.startsWith('terminal/'))).toEqual([]);
  });

  it.each([
    'console.log(words)',
    "const { log } = console; import { log } from 'node:console'",
    'process.stdout.write(words)',
    'const out = process.stderr',
    "process['stdout'].write(words)",
    'const { stdout } = process',
    "import { stdout } from 'node:process'",
    "import program, { argv } from 'process'",
    'fs.writeSync(1, words)',
    'writeFileSync(2, words)',
    "appendFileSync('/dev/stderr', words)",
    "createWriteStream('', { fd: 1 })",
    'process._rawDebug(words)',
  ])('would be found where they are printed by %s', (text) => {
    const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.ES2022, true);
    expect([...nodesOf(source)].some((node) => isPrinting(node, source))).toBe(true);
  });

  it('are logged by src/worker/log.ts, which escapes each of its lines, and by nothing else', () => {
    const filesOf = (found: string[]) => [...new Set(found.map((place) => place.replace(/:.*/s, '')))];
    const calls = (name: RegExp) =>
      places(
        (node, source) =>
          (ts.isCallExpression(node) || ts.isNewExpression(node)) && name.test(node.expression.getText(source)),
      );
    // DefaultLogger prints unless it is told what to do with a line.
    expect(filesOf(calls(/^(pino|pino\.destination|DefaultLogger)$/))).toEqual(['worker/log.ts']);
    expect(filesOf(calls(/\b(makeDefaultLogger|ConsoleLogger)$/))).toEqual([]);
    // Without `forward`, Temporal's core prints its lines itself.
    const installations = calls(/^Runtime\.install$/);
    expect(filesOf(installations)).toEqual(['worker/runtime.ts']);
    for (const installation of installations) {
      expect(installation).toMatch(/\blogger: processLogger\(/);
      expect(installation).toMatch(/\blogging: \{ forward: \{\}/);
    }
    // What runs a worker as a program of its own has no application around it that would set the Runtime up.
    for (const file of ['worker.ts', 'cli/demo.ts', 'worker/worker-process.ts']) {
      expect(filesOf(calls(/^installRuntime$/)), file).toContain(file);
    }
  });

  it('stand in commands and in code spans only by the functions that quote them', () => {
    const quoted = /^(command|workflowCommand|commandOf|attachCommand|workerCommand|sameCommand)\(/;
    const unquoted = places((node, source) => {
      if (!ts.isTemplateSpan(node) || !ts.isTemplateExpression(node.parent)) return false;
      const { head, templateSpans } = node.parent;
      const before = templateSpans.slice(0, templateSpans.indexOf(node)).map(({ literal }) => literal.text);
      const backticks = [head.text, ...before].join('').split('`').length - 1;
      return backticks % 2 === 1 && !quoted.test(node.expression.getText(source));
    });
    expect(unquoted).toEqual([]);
  });

  it('are never joined to a command by hand', () => {
    const byHand = places(
      (node) =>
        (ts.isTemplateHead(node) || ts.isTemplateMiddle(node)) &&
        /\b(ims-export|temporal) [a-z-]+ [^`]*$/.test(node.text),
    );
    expect(byHand).toEqual([]);
  });

  it('are cut only by the functions that leave no half of a command', () => {
    const byHand = places((node, source) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
      const { expression, name } = node.expression;
      return /^(slice|substring|substr)$/.test(name.text) && /message|reason/i.test(expression.getText(source));
    });
    expect(byHand).toEqual([]);
  });
});
