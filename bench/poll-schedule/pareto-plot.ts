/**
 * The picture: for each length a panel with the polls of every policy across and its median delay up, both on logarithmic
 * axes. Nearer to the lower left is better.
 *
 * @module
 */
import { type Cell, scoreOf } from './cells';
import { POLICIES, type PolicyName } from './policies';
import { LENGTHS, type Length, PROFILES } from './profiles';

const PANEL = { width: 440, height: 290 };
const MARGIN = { left: 62, top: 34, right: 18, bottom: 46 };
const LEGEND_HEIGHT = 104;
const COLUMNS = 2;
const CELL = { width: PANEL.width + MARGIN.left + MARGIN.right, height: PANEL.height + MARGIN.top + MARGIN.bottom };

const OURS = '#0057b8';
const INK = '#222222';
const FAINT = '#dddddd';

/** They differ by shape and colour, also by those who see colours differently. */
const MARKS: { [name in Exclude<PolicyName, 'ours'>]: { colour: string; shape: (x: number, y: number) => string } } = {
  'fixed 10 s': { colour: '#777777', shape: (x, y) => `M${x - 5} ${y - 5}h10v10h-10z` },
  'fixed 60 s': { colour: '#c98a00', shape: (x, y) => `M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5z` },
  'smithy 15-120 s': { colour: '#d1495b', shape: (x, y) => `M${x} ${y - 6}l6 11h-12z` },
  'exponential to 5 min': { colour: '#00875a', shape: (x, y) => `M${x} ${y + 6}l6 -11h-12z` },
};

export function paretoPlot(cells: readonly Cell[]): string {
  const width = COLUMNS * CELL.width;
  const rows = Math.ceil(LENGTHS.length / COLUMNS);
  const height = LEGEND_HEIGHT + rows * CELL.height;
  const panels = LENGTHS.map((length, index) => {
    const left = (index % COLUMNS) * CELL.width + MARGIN.left;
    const top = LEGEND_HEIGHT + Math.floor(index / COLUMNS) * CELL.height + MARGIN.top;
    const own = cells.filter((cell) => cell.length === length);
    return `<g transform="translate(${left} ${top})">\n${panel(length, own).join('\n')}\n</g>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="${INK}">`,
    `<title>Polls and median delay of our poll schedule and of others</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...legend(),
    ...panels,
    '</svg>',
  ].join('\n')}\n`;
}

function panel(length: Length, cells: readonly Cell[]): string[] {
  const scores = cells.flatMap((cell) => [...cell.scores.values()]);
  const x = logarithmic(padded(scores.map(({ polls }) => polls)), [0, PANEL.width]);
  const y = logarithmic([3, 400], [PANEL.height, 0]);
  return [
    `<text x="0" y="-12" font-weight="bold" font-size="15">${length.name} ± 30 %</text>`,
    ...axes(x, y),
    ...POLICIES.flatMap(({ name }) => (name === 'ours' ? [] : cells.map((cell) => theirMark(name, cell, x, y)))),
    ...cells.map((cell) => ourMark(cell, x, y)),
  ];
}

interface Scale {
  low: number;
  high: number;
  at(value: number): number;
}

function logarithmic([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  const share = (value: number) => Math.log(value / low) / Math.log(high / low);
  return { low, high, at: (value) => round(from + (to - from) * share(value)) };
}

function padded(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.4, Math.max(...values) * 1.4];
}

function axes(x: Scale, y: Scale): string[] {
  const lines: string[] = [];
  for (const tick of ticks(x)) {
    const at = x.at(tick);
    lines.push(`<path d="M${at} 0V${PANEL.height}" stroke="${FAINT}"/>`);
    lines.push(`<text x="${at}" y="${PANEL.height + 17}" text-anchor="middle">${tick.toLocaleString('en-US')}</text>`);
  }
  for (const tick of ticks(y)) {
    const at = y.at(tick);
    lines.push(`<path d="M0 ${at}H${PANEL.width}" stroke="${FAINT}"/>`);
    lines.push(`<text x="-7" y="${at + 4}" text-anchor="end">${tick} s</text>`);
  }
  lines.push(`<rect width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="${INK}"/>`);
  lines.push(`<text x="${PANEL.width / 2}" y="${PANEL.height + 36}" text-anchor="middle">polls (mean)</text>`);
  lines.push(
    `<text transform="translate(-46 ${PANEL.height / 2}) rotate(-90)" text-anchor="middle">median delay at the end</text>`,
  );
  return lines;
}

/** 1, 2 and 5 in every decade. */
function ticks({ low, high }: Scale): number[] {
  return [1, 10, 100, 1_000, 10_000].flatMap((decade) =>
    [1, 2, 5].map((step) => step * decade).filter((tick) => tick >= low && tick <= high),
  );
}

function theirMark(name: Exclude<PolicyName, 'ours'>, cell: Cell, x: Scale, y: Scale): string {
  const { polls, medianDelayMs } = scoreOf(cell, name);
  return mark(name, x.at(polls), y.at(medianDelayMs / 1_000));
}

function mark(name: Exclude<PolicyName, 'ours'>, x: number, y: number): string {
  const { colour, shape } = MARKS[name];
  return `<path d="${shape(x, y)}" fill="${colour}" fill-opacity="0.65" stroke="#ffffff" stroke-width="0.7"/>`;
}

function ourMark(cell: Cell, x: Scale, y: Scale): string {
  const { polls, medianDelayMs } = scoreOf(cell, 'ours');
  return numbered(PROFILES.indexOf(cell.profile), x.at(polls), y.at(medianDelayMs / 1_000));
}

/** A disc with the number of the profile: full where the progress shows the end, hollow where it does not. */
function numbered(index: number, x: number, y: number): string {
  const isUsable = PROFILES[index]?.progress === 'usable';
  const disc = `<circle cx="${x}" cy="${y}" r="8" fill="${isUsable ? OURS : '#ffffff'}" fill-opacity="${isUsable ? 1 : 0.6}" stroke="${isUsable ? '#ffffff' : OURS}"/>`;
  const colour = isUsable ? '#ffffff' : OURS;
  return `${disc}<text x="${x}" y="${round(y + 4)}" text-anchor="middle" font-size="11" font-weight="bold" fill="${colour}">${index + 1}</text>`;
}

function legend(): string[] {
  const lines = [
    `<text x="${MARGIN.left}" y="26" font-size="15">Nearer to the lower left is better: fewer polls, and the end seen sooner.</text>`,
    `<text x="${MARGIN.left}" y="56" font-weight="bold" fill="${OURS}">ours</text>`,
  ];
  let left = MARGIN.left + 52;
  PROFILES.forEach(({ name }, index) => {
    lines.push(numbered(index, left, 52), `<text x="${left + 13}" y="56" font-size="12">${name}</text>`);
    left += 30 + name.length * 7;
  });
  lines.push(`<text x="${MARGIN.left}" y="86" font-weight="bold">others</text>`);
  left = MARGIN.left + 64;
  for (const { name } of POLICIES) {
    if (name === 'ours') continue;
    lines.push(mark(name, left, 82), `<text x="${left + 13}" y="86">${name}, each profile</text>`);
    left += 52 + (name.length + 14) * 6.4;
  }
  return lines;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
