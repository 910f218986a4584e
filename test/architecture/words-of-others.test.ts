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

describe('words of others', () => {
  it('are printed by src/terminal and by nothing else', () => {
    const printers = /^(console|process\.(stdout|stderr)|process\[stream\])$/;
    const printing = places((node, source) => {
      const isAccess = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
      return isAccess && printers.test(node.expression.getText(source));
    });
    const destinations = places(
      (node, source) => ts.isCallExpression(node) && node.expression.getText(source) === 'pino.destination',
    );
    expect(printing.length).toBeGreaterThan(2);
    expect(printing.filter((place) => !place.startsWith('terminal/'))).toEqual([]);
    // The log of a worker, which escapes each of its lines.
    expect(destinations.map((place) => place.replace(/:.*/, ''))).toEqual(['worker/log.ts']);
  });

  it('stand in commands and in code spans only by the functions that quote them', () => {
    const quoted = /^(command|workflowCommand|commandOf|attachCommand)\(/;
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
