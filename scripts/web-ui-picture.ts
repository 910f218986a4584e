/**
 * Takes a picture of a page of the Temporal Web UI:
 *
 *   npx tsx scripts/web-ui-picture.ts --url http://127.0.0.1:8233/namespaces/default/workflows/ID/RUN/timeline \
 *     --out docs/images/timeline.png [--wait-for 'RUNNING 37 %'] [--width 1600] [--height 1000]
 *
 * `--wait-for` is a text on the page, or a selector when it begins with `.`, `#`, `[` or `css=`.
 * Needs Debian's chromium, or another Chromium in CHROMIUM_PATH.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WAIT_LIMIT_MS = 30_000;
/** Bars of the Timeline and fonts arrive a moment after the text that was waited for. */
const SETTLE_MS = 1_500;

interface Picture {
  url: string;
  out: string;
  waitFor?: string;
  width: number;
  height: number;
}

async function takePicture({ url, out, waitFor, width, height }: Picture): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width, height } });
    // The Web UI keeps a connection open: the network never becomes idle.
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: WAIT_LIMIT_MS });
    await untilShown(page, waitFor);
    await page.waitForTimeout(SETTLE_MS);
    await mkdir(dirname(out), { recursive: true });
    await page.screenshot({ path: out });
  } finally {
    await browser.close();
  }
}

async function untilShown(page: Page, waitFor: string | undefined): Promise<void> {
  const sought = waitFor === undefined ? page.locator('main') : sight(page, waitFor);
  await sought.first().waitFor({ state: 'visible', timeout: WAIT_LIMIT_MS });
}

function sight(page: Page, waitFor: string) {
  return /^([.#[]|css=)/.test(waitFor) ? page.locator(waitFor) : page.getByText(waitFor);
}

function readArguments(): Picture {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      out: { type: 'string' },
      'wait-for': { type: 'string' },
      width: { type: 'string', default: '1600' },
      height: { type: 'string', default: '1000' },
    },
  });
  const { url, out } = values;
  if (url === undefined || out === undefined) throw new Error('--url and --out are needed');
  return { url, out, waitFor: values['wait-for'], width: Number(values.width), height: Number(values.height) };
}

async function main(): Promise<void> {
  const picture = readArguments();
  await takePicture(picture);
  console.log(picture.out);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
