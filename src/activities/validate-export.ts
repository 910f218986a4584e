import type { EarlierExport, ExportActivities, ExportRequest, ValidatedExport } from '../contract';
import {
  contextOf,
  type ExportApplicationFailure,
  invalidField,
  isExportFailure,
  namingEarlier,
} from '../export/failures';
import { destinationTaken, exportedBefore, notAllowed } from '../export/failures/before-submit';
import { CloudError } from '../huaweicloud';
import { parseExportInput } from '../request/export';
import { type AccountCloud, type ExportActivityDeps, evidenceWaits } from './cloud';
import { compare, type Found, lastLeftJob, lastSuccess } from './earlier-success';
import { eachSeenAgain, seenAgain } from './evidence';
import { accountOfInput, notSubmitted, OUTAGE_MS, refuseReservedOptions } from './input-checks';
import { preflight, preflightOfName } from './preflight';
import { type PreflightFacts, readFacts, readObject } from './preflight/facts';
import { REPLACED, sparingJobOf } from './preflight/rules/destination';
import { readRegistration } from './search-attributes';

/**
 * `imsValidateExport`: checks the shape of the input, then the rules of the API against the image, the bucket and the
 * destination. Reads only. Where the last success at this destination is what is asked for, and its object is still there, unchanged,
 * its result is the answer.
 *
 * @throws ApplicationFailure InvalidExportRequest, ExportNotAllowed, DestinationExists or AccessDenied, non-retryable;
 *   SubmitRejected, non-retryable, when the cloud or Temporal could not be asked for a quarter of an hour; CloudUnavailable or
 *   TemporalUnavailable, retryable, until then, or while the key rests; ReadAgain, retryable, while one attempt alone was refused
 *   by the cloud, or found no image or bucket, an object gone, or an object of no known export
 */
export function validateExport(deps: ExportActivityDeps): ExportActivities['imsValidateExport'] {
  return async (input, earlier = null) => {
    const asked = parseExportInput(input);
    refuseReservedOptions(asked.options);
    let registered: Awaited<ReturnType<typeof withRegisteredAttributes>> | null = null;
    try {
      registered = await withRegisteredAttributes(asked);
      const { request, warnings } = registered;
      const account = accountOfInput(deps, request.account);
      const validated =
        request.attach === null
          ? await validate(deps, request, account, earlier)
          : await validateAttached(deps, request, account, earlier);
      return { ...validated, warnings: [...warnings, ...validated.warnings] };
    } catch (error) {
      const { submitBudgetMs: budgetMs } = asked.options;
      const context = contextOf(asked, input);
      const failure = notSubmitted(deps, error, { account: asked.account, context, budgetMs, outageMs: OUTAGE_MS });
      // The cloud shows nothing at all: of an earlier success, that is its date.
      if (registered === null || !(error instanceof CloudError && isExportFailure(failure))) throw failure;
      const { request, warnings } = registered;
      const { code, operation } = error;
      const refused = { kind: 'refused', code, text: `${operation}: ${code}` } as const;
      const found = compare(request, await lastSuccess(request, earlier), refused);
      if (found.kind === 'unreadable') return { ...accepted(request), warnings, earlierResult: found.result };
      throw failure;
    }
  };
}

async function validate(
  deps: ExportActivityDeps,
  request: ExportRequest,
  account: AccountCloud,
  earlier: EarlierExport | null,
): Promise<ValidatedExport> {
  const facts = await readFacts(account, request);
  const report = preflight(facts);
  const { refusals, warnings, failureType } = report;
  const found = await compareWithEarlier(deps, request, facts.destination, earlier, report.readAgain);
  if (found.kind === 'same' || found.kind === 'unreadable') {
    return { ...accepted(request), earlierResult: found.result };
  }
  if (found.kind === 'sameOfOther') throw exportedBefore(request, found.result);
  const destination = facts.destination.kind === 'read' ? facts.destination.value : null;
  const taken = (by: typeof refusals, left = earlier) =>
    destinationTaken(request, destination?.object ?? null, sparingJobOf(left, by));
  if (found.kind === 'changed') throw taken([REPLACED]);
  if (refusals.length > 0) {
    if (failureType !== 'DestinationExists') throw notAllowed(request, facts.image?.name ?? null, report);
    // What the starter has found, the workflow names.
    const left = earlier === null ? await lastLeftJob(request) : null;
    throw namingEarlier(taken(refusals, earlier ?? left) as ExportApplicationFailure, left, request);
  }
  return { request, warnings, destinationFreeAt: destination?.object === null ? destination.date : null };
}

/** The job has started: reading it shows its image, and its destination need not be free. No job writes to a name that breaks the rules. */
async function validateAttached(
  deps: ExportActivityDeps,
  request: ExportRequest,
  account: AccountCloud,
  earlier: EarlierExport | null,
): Promise<ValidatedExport> {
  const named = preflightOfName(request);
  if (named.refusals.length > 0) throw notAllowed(request, null, named);
  const validated = { ...accepted(request), warnings: named.warnings };
  // Without a success before, nothing there can be taken for that of this job.
  if (earlier?.outcome !== 'succeeded') return validated;
  const destination = await readObject(account, request);
  const found = await compareWithEarlier(deps, request, destination, earlier);
  switch (found.kind) {
    case 'same':
    case 'unreadable':
      return { ...validated, earlierResult: found.result };
    case 'sameOfOther':
      throw exportedBefore(request, found.result);
    case 'changed':
      throw destinationTaken(request, destination.kind === 'read' ? destination.value.object : null, [REPLACED]);
    case 'gone': {
      const expected = `a job whose object still exists. The object of this job was written ${earlier.finishedAt ?? 'before'}, and is gone. Start the export without a job`;
      throw invalidField('attach.jobId', request.attach?.jobId, expected);
    }
    case 'nothing':
      return validated;
  }
}

function accepted(request: ExportRequest): ValidatedExport {
  return { request, warnings: [], destinationFreeAt: null };
}

/**
 * What is at the destination, compared with the last success there. Temporal is asked for one only where there may be its object,
 * or where the starter has found one.
 *
 * @param readAgain what else counts only once it was read again
 * @throws ApplicationFailure ReadAgain, retryable, while one attempt alone has found it
 */
async function compareWithEarlier(
  deps: ExportActivityDeps,
  request: ExportRequest,
  destination: PreflightFacts['destination'],
  earlier: EarlierExport | null,
  readAgain: readonly string[] = [],
): Promise<Found> {
  const isFree = destination.kind === 'read' && destination.value.object === null;
  const mayBeThere = !isFree || earlier !== null;
  const found = compare(request, mayBeThere ? await lastSuccess(request, earlier) : null, destination);
  const { contradictedMs, refusedMs, notListedMs } = evidenceWaits(deps);
  if (found.kind === 'unreadable' && destination.kind === 'refused') {
    seenAgain([`The object could not be read: ${destination.text}`], refusedMs);
  }
  if (found.kind === 'same' || found.kind === 'unreadable') return found;
  const isContradicted = found.kind === 'gone' || found.kind === 'changed';
  const contradiction = `The object of the export that ended ${earlier?.finishedAt ?? 'before'} is ${found.kind}`;
  // A success of a moment ago may not be listed yet: the object can be that of it.
  const isTaken = destination.kind === 'read' && destination.value.object !== null;
  const isUnlisted = found.kind === 'nothing' && isTaken && earlier?.outcome !== 'succeeded';
  eachSeenAgain([
    ...(isContradicted ? [...readAgain, contradiction] : readAgain).map((finding) => ({
      finding,
      waitsMs: contradictedMs,
    })),
    ...(isUnlisted ? [{ finding: NO_SUCCESS_LISTED, waitsMs: notListedMs }] : []),
  ]);
  return found;
}

const NO_SUCCESS_LISTED = 'There is an object at the destination, and Temporal lists no export that has written it';

/**
 * An upsert of an attribute that is not registered would fail the workflow task for ever, and no cancel would end it. So
 * nothing is upserted where it is not known.
 */
async function withRegisteredAttributes(
  request: ExportRequest,
): Promise<{ request: ExportRequest; warnings: string[] }> {
  const { options } = request;
  if (!options.searchAttributes) return { request, warnings: [] };
  const registration = await readRegistration();
  if (registration.kind === 'refused') {
    const warning = `This export runs without search attributes: ${registration.reason}. To register them: \`ims-export search-attributes --register\`.`;
    return { request: { ...request, options: { ...options, searchAttributes: false } }, warnings: [warning] };
  }
  if (registration.missing.length === 0) return { request, warnings: [] };
  const expected = `false until the search attributes ${registration.missing.join(', ')} are registered in the namespace ${registration.namespace}: \`ims-export search-attributes --register\``;
  throw invalidField('options.searchAttributes', true, expected);
}
