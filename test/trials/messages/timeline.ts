import { timeOf } from '../../rigs/history';
import type { Record, StepDone } from './record';
import { describeMessage } from './script';

/** All that happened, as lines in the order of the histories. */
export function timelineOf({ runs, steps, startedAtMs, verdict, jobs, posts }: Record): string {
  const lines = runs.flatMap(({ events }, run) => [
    `run ${run + 1}`,
    ...events.map((event) => {
      const [name, attributes] =
        Object.entries(event).find(([key, value]) => key.endsWith('Attributes') && value) ?? [];
      const { activityType, signalName, acceptedRequest, outcome } = (attributes ?? {}) as {
        activityType?: { name?: string };
        signalName?: string;
        acceptedRequest?: { input?: { name?: string } };
        outcome?: { failure?: { message?: string } };
      };
      const what = activityType?.name ?? signalName ?? acceptedRequest?.input?.name ?? outcome?.failure?.message ?? '';
      const afterS = ((timeOf(event) - startedAtMs) / 1_000).toFixed(1);
      return `  ${String(event.eventId).padStart(3)} ${afterS.padStart(9)} s ${name?.replace('EventAttributes', '')} ${what}`;
    }),
  ]);
  return [
    ...lines,
    ...steps.map(describeStep),
    `jobs ${JSON.stringify(jobs)}`,
    `posts ${JSON.stringify(posts)}`,
    `verdict ${JSON.stringify(verdict)}`,
  ].join('\n');
}

function describeStep({ step, before, messages, after }: StepDone): string {
  const answers = messages.map(({ message, answer }) => {
    const told = answer.kind === 'refused' ? answer.type : answer.kind;
    return `${describeMessage(message)} -> ${told}`;
  });
  const polls = `${before.polls}..${after.polls} polls`;
  return `step ${step}: ${before.phase}..${after.phase}, ${polls}: ${answers.join(', ')}`;
}
