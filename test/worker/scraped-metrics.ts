/** What `GET /metrics` of a worker says, as Prometheus reads it. */
export interface Sample {
  name: string;
  labels: { [label: string]: string };
  value: number;
}

export class ScrapedMetrics {
  private constructor(
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  static async of(port: number): Promise<ScrapedMetrics> {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await response.text();
    if (!response.ok) throw new Error(`GET /metrics: ${response.status} ${text}`);
    return new ScrapedMetrics(text, text.split('\n').filter(isSample).map(sampleOf));
  }

  /** Names of series, such as `ims_export_duration_seconds_bucket`. */
  get names(): ReadonlySet<string> {
    return new Set(this.samples.map(({ name }) => name));
  }

  /** The sum of all series with these labels; undefined when there is none. */
  value(name: string, labels: Sample['labels'] = {}): number | undefined {
    const found = this.samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

function isSample(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}

function sampleOf(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}
