import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

/** An ES module, which TypeScript does not import from one of CommonJS. */
const grammar = import('@prometheus-io/lezer-promql');

const monitoring = resolve(__dirname, '../../deploy/monitoring');

export interface Query {
  /** Where it stands: a panel or an alert. */
  of: string;
  /** As Prometheus gets it, with variables of the dashboard filled in. */
  expr: string;
}

interface Panel {
  title: string;
  targets?: Array<{ expr: string }>;
}

export interface Dashboard {
  uid: string;
  panels: Array<Panel & { id: number; gridPos: { x: number; y: number; w: number; h: number } }>;
  templating: { list: Array<{ name: string; query: string | { query: string } }> };
}

export interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

export function dashboard(): Dashboard {
  return JSON.parse(readFileSync(join(monitoring, 'dashboard.json'), 'utf8')) as Dashboard;
}

export function alertRules(): Rule[] {
  const { groups } = parse(readFileSync(join(monitoring, 'alerts.yaml'), 'utf8')) as {
    groups: Array<{ rules: Rule[] }>;
  };
  return groups.flatMap(({ rules }) => rules);
}

/** Of every panel, of every variable of the dashboard and of every alert. */
export function queries(): Query[] {
  const { panels, templating } = dashboard();
  return [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: `panel ${title}`, expr }))),
    ...templating.list.flatMap(({ name, query }) => variableQuery(name, query)),
    ...alertRules().map(({ alert, expr }) => ({ of: `alert ${alert}`, expr })),
  ].map(({ of, expr }) => ({ of, expr: expr.replaceAll(/\$(\w+)/g, 'any') }));
}

/** `label_values(metric, label)` is Grafana's; the metric in it is a query. */
function variableQuery(name: string, query: string | { query: string }): Query[] {
  const text = typeof query === 'string' ? query : query.query;
  const [, metric] = /^label_values\((\w+), \w+\)$/.exec(text) ?? [];
  return metric === undefined ? [] : [{ of: `variable ${name}`, expr: metric }];
}

/** What Prometheus' own grammar makes of a query: the series that it names, or the place of a mistake. */
export async function readQuery(expr: string): Promise<{ metrics: string[]; mistakeAt: number | null }> {
  const { parser } = await grammar;
  const metrics: string[] = [];
  let mistakeAt: number | null = null;
  parser.parse(expr).iterate({
    enter: ({ type, name, from, to, node }) => {
      if (type.isError) mistakeAt ??= from;
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(expr.slice(from, to));
    },
  });
  return { metrics, mistakeAt };
}
