import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

/** Debian's place of Chromium, or wherever the environment says that one is. */
const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';

export const hasChromium = existsSync(CHROMIUM);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing beyond this machine is asked for.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A loaded machine takes seconds for a page. */
const WAIT_LIMIT_MS = 20_000;

/** Wide enough for every column, and not too large for a picture in the docs. */
const WIDTH = 1400;

export type Tab = 'timeline' | 'user-metadata' | 'memo';

/** The pages of the Temporal Web UI 2.54, as a person uses them. All that is known of their markup stands here. */
export interface WebUi {
  /** The list of workflows that a query finds, with `columns` in the place of some of the usual ones. */
  list(query: string, columns: readonly string[]): Promise<void>;
  /** The rows of the list by workflow id, each as its cells by their columns, once there are so many. */
  rows(count: number): Promise<{ [workflowId: string]: { [column: string]: string } }>;
  /** Opens a workflow of the list. */
  open(workflowId: string): Promise<void>;
  /** Turns to a tab of the workflow. */
  turnTo(tab: Tab): Promise<void>;
  /** The tab User Metadata, as plain text. */
  userMetadata(): Promise<{ summary: string; details: string; currentDetails: string }>;
  /** What the tab User Metadata of a run makes of its Markdown. */
  markdownOf(workflowId: string, runId: string): Promise<Rendered[]>;
  /** What the frame of that tab makes of a text. */
  render(markdown: string): Promise<Rendered>;
  /** The label beside each activity and timer of the Timeline, once there are so many. */
  timelineLabels(count: number): Promise<string[]>;
  /** Text on the page beside the tabs, once it shows what is waited for. */
  text(shows: string | RegExp): Promise<string>;
  /** More Actions, Send a Signal. */
  signal(name: string): Promise<void>;
  /** More Actions, Send an Update. Throws what the dialog says of a refusal. */
  update(name: string, data: unknown): Promise<void>;
  requestCancellation(): Promise<void>;
  picture(path: string, height: number): Promise<void>;
  close(): Promise<void>;
}

/** A Markdown text as it is shown. */
export interface Rendered {
  headings: string[];
  /** Texts of code spans. */
  codes: string[];
  /** Items of lists, each with the bold text that it begins with, `null` where it begins with none. Items in items count too. */
  items: Array<{ text: string; bold: string | null }>;
  /** The kinds of all its elements, such as `P` and `A`. */
  elements: string[];
}

const RENDERED = `(() => {
  const main = document.querySelector('main');
  const texts = (which) => [...main.querySelectorAll(which)].map(({ textContent }) => textContent);
  const elements = [...new Set([...main.querySelectorAll('*')].map(({ tagName }) => tagName))];
  const items = [...main.querySelectorAll('li')].map((item) => {
    const [text, bold] = [item.textContent.trim(), item.querySelector('strong')?.textContent];
    return { text, bold: bold && text.startsWith(bold) && item.querySelector('li') === null ? bold : null };
  });
  return { headings: texts('h1,h2,h3,h4,h5,h6'), codes: texts('code'), items, elements };
})()`;

const PARTS = ['summary', 'details', 'current-details'] as const;

/** Opens Chromium on the Web UI at an address such as `http://127.0.0.1:8233`. */
export async function openWebUi(address: string, namespace: string): Promise<WebUi> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 1_000 }, timezoneId: 'UTC' });
  page.setDefaultTimeout(WAIT_LIMIT_MS);
  return new Pages(browser, page, address, `${address}/namespaces/${namespace}/workflows`);
}

class Pages implements WebUi {
  constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly address: string,
    private readonly workflows: string,
  ) {}

  async open(workflowId: string): Promise<void> {
    await this.page.getByRole('link', { name: workflowId, exact: true }).click();
    await this.page.getByTestId('workflow-id-heading').getByText(workflowId).waitFor();
  }

  async turnTo(tab: Tab): Promise<void> {
    await this.page.getByTestId(`${tab}-tab`).click();
  }

  async userMetadata() {
    const shown = async (part: string) => {
      // Markdown is shown in a frame of its own, which is filled after it has appeared.
      const body = this.page.frameLocator(`iframe#user-metadata-${part}`).locator('body');
      await body.getByText(/\w/).first().waitFor();
      return await body.innerText();
    };
    return {
      summary: await shown('summary'),
      details: await shown('details'),
      currentDetails: await shown('current-details'),
    };
  }

  async markdownOf(workflowId: string, runId: string) {
    const address = `${this.workflows}/${encodeURIComponent(workflowId)}/${runId}/user-metadata`;
    await this.page.goto(address, { waitUntil: 'domcontentloaded' });
    const rendered: Rendered[] = [];
    for (const part of PARTS) {
      const main = this.page.frameLocator(`iframe#user-metadata-${part}`).locator('main');
      await main.getByText(/\w/).first().waitFor();
      rendered.push((await main.evaluate(RENDERED)) as Rendered);
    }
    return rendered;
  }

  async render(markdown: string) {
    await this.page.goto(`${this.address}/render?content=${encodeURIComponent(markdown)}`);
    return (await this.page.evaluate(RENDERED)) as Rendered;
  }

  async timelineLabels(count: number): Promise<string[]> {
    // Only what is in sight is on the page.
    await this.page.setViewportSize({ width: WIDTH, height: 900 + 30 * count });
    const labels = this.page.locator('button[aria-label^="Event "]');
    await labels.nth(count - 1).waitFor();
    return (await labels.allInnerTexts()).map((label) => label.trim());
  }

  async text(shows: string | RegExp): Promise<string> {
    const main = this.page.locator('main');
    await main.filter({ hasText: shows }).first().waitFor();
    return await main.first().innerText();
  }

  async list(query: string, columns: readonly string[]): Promise<void> {
    // The Web UI keeps connections open: the network never becomes idle.
    await this.page.goto(`${this.workflows}?query=${encodeURIComponent(query)}`, { waitUntil: 'domcontentloaded' });
    await this.page.getByTitle('Collapse Navigation').click();
    await this.page.getByTestId('workflows-summary-table-configuration-button').click();
    const button = (column: string, does: 'add' | 'remove') =>
      this.page.getByTestId(`orderable-list-item-${column}-${does}-button`);
    for (const column of ['Run ID', 'Type', 'Start', 'End']) await button(column, 'remove').click();
    for (const column of columns) await button(column, 'add').click();
    await this.page.getByRole('button', { name: 'Close Workflows Table configuration' }).click();
    await button('Status', 'remove').waitFor({ state: 'hidden' });
  }

  async rows(count: number) {
    const rows = this.page.getByTestId('workflows-summary-configurable-table-row');
    await rows.nth(count - 1).waitFor();
    const columns = this.page.locator('th[data-testid^="workflows-summary-table-header-cell-"]');
    const names = (await columns.allInnerTexts()).map((name) => name.trim());
    const byId: { [workflowId: string]: { [column: string]: string } } = {};
    for (const row of await rows.all()) {
      const cells = await row.getByTestId('workflows-summary-table-body-cell').allInnerTexts();
      const byColumn = Object.fromEntries(names.map((name, index) => [name, (cells[index] ?? '').trim()]));
      byId[byColumn['Workflow ID'] ?? ''] = byColumn;
    }
    return byId;
  }

  async signal(name: string): Promise<void> {
    const dialog = await this.moreActions('Send a Signal', 'signal-confirmation-modal');
    await choose(dialog, 'signal-select-button', name);
    await this.confirm(dialog);
  }

  async update(name: string, data: unknown): Promise<void> {
    const dialog = await this.moreActions('Send an Update', 'update-confirmation-modal');
    await choose(dialog, 'update-select-button', name);
    await dialog.getByRole('textbox', { name: 'Data' }).fill(JSON.stringify(data));
    await this.confirm(dialog);
  }

  async requestCancellation(): Promise<void> {
    await this.visible(this.page.getByRole('button', { name: 'Request Cancellation' })).click();
    await this.confirm(this.visible(this.page.getByTestId('cancel-confirmation-modal')));
  }

  async picture(path: string, height: number): Promise<void> {
    await this.page.setViewportSize({ width: WIDTH, height });
    await this.page.evaluate('document.fonts.ready');
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private async moreActions(action: string, dialog: string): Promise<Locator> {
    await this.visible(this.page.getByRole('button', { name: 'More Actions' })).click();
    await this.visible(this.page.getByRole('menuitem', { name: action })).click();
    return this.visible(this.page.getByTestId(dialog));
  }

  private async confirm(dialog: Locator): Promise<void> {
    // By the key: the dialog still grows while it formats its data, and a click would miss the button.
    await dialog.getByTestId('confirm-modal-button').press('Enter');
    const told = dialog.getByRole('alert').filter({ hasText: /\w/ });
    await Promise.race([dialog.waitFor({ state: 'hidden' }), told.first().waitFor()]);
    if (!(await dialog.isVisible())) return;
    const refusal = await told.first().innerText();
    await dialog.getByTestId('cancel-modal-button').press('Enter');
    throw new Error(`The dialog says: ${refusal}`);
  }

  /** Buttons and dialogs are on the page twice, for narrow and for wide windows. */
  private visible(elements: Locator): Locator {
    return elements.filter({ visible: true });
  }
}

async function choose(dialog: Locator, select: string, option: string): Promise<void> {
  await dialog.getByTestId(select).click();
  await dialog.getByRole('option', { name: new RegExp(`^${option}\\b`) }).click();
}
