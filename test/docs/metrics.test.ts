import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { METRICS, type Metric, type MetricName, shownName } from '../../src/metrics';

const page = resolve(__dirname, '../../docs/production.md');

/** As docs/production.md has it. `WRITE_DOCS=1 npx vitest run test/docs/metrics.test.ts` puts it there. */
function table(): string {
  const rows = (Object.entries(METRICS) as Array<[MetricName, Metric]>).map(
    ([name, { type, labels, meaning }]) =>
      `| \`${shownName(name)}\` | ${type} | ${labelText(labels)} | ${firstSentence(meaning)} |`,
  );
  return ['| Metric | Type | Labels of its own | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Failure types and verdicts are on other pages. */
function labelText(labels: Metric['labels']): string {
  return Object.entries(labels)
    .map(([label, values]) =>
      values === null || label === 'failure' || label === 'verdict'
        ? `\`${label}\``
        : `\`${label}\`: ${values.join(', ')}`,
    )
    .join('; ');
}

function firstSentence(text: string): string {
  return text.replace(/\. .*/s, '.');
}

it('docs/production.md has the table of metrics as the source has it', async () => {
  const text = await readFile(page, 'utf8');
  if (process.env.WRITE_DOCS) {
    await writeFile(
      page,
      text.replace(/\| Metric \| Type .*?(?=\n\n)/s, () => table()),
    );
  }
  expect(await readFile(page, 'utf8')).toContain(`\n${table()}\n`);
});
