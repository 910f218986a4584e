/**
 * Keys and tokens go over plain http to the loopback and to link-local addresses alone, unless it is allowed.
 *
 * @module
 */
import { isExposed } from '../../network/local-addresses';
import { read, type VariableProblem } from '../credentials/environment';

const ALLOW_HTTP = 'IMS_EXPORT_ALLOW_HTTP';

/** Whether the environment allows it, and what is wrong with how it says so. */
export function allowHttpOf(env: NodeJS.ProcessEnv): { allowHttp: boolean; problems: VariableProblem[] } {
  const value = read(env, ALLOW_HTTP)?.toLowerCase();
  const isBoolean = value === undefined || ['true', 'false', '1', '0'].includes(value);
  const problems = isBoolean ? [] : [{ variable: ALLOW_HTTP, problem: `is '${value}'; it must be 'true' or 'false'.` }];
  return { allowHttp: value === 'true' || value === '1', problems };
}

/** Where it would be refused, by the name of the variable or field. */
export function problemsOfPlainHttp(
  urls: { [variable: string]: string | undefined },
  howToAllow = `${ALLOW_HTTP}=true`,
): VariableProblem[] {
  return Object.entries(urls).flatMap(([variable, url]) => {
    if (url === undefined || !URL.canParse(url)) return [];
    const parsed = new URL(url);
    if (!isExposed(parsed)) return [];
    const problem = `is '${parsed.origin}', which sends credentials over plain http. Use https, or set ${howToAllow} if you trust the whole network path.`;
    return [{ variable, problem }];
  });
}
