/**
 * The search attributes of an export, by which the list of the Web UI can be filtered.
 *
 * @module
 */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../contract';
import { isValidated, type ShownAttributes, type Tracking, type Validated } from './state';
import { attentionOf, fractionOf } from './status';

const NAMES = Object.keys(SEARCH_ATTRIBUTES) as Array<keyof ShownAttributes>;

/** Each upsert is an event, so the percent moves in steps. */
const PERCENT_STEP = 10;

/** Upserts what has changed, with `options.searchAttributes`. */
export function showSearchAttributes(tracking: Tracking): void {
  if (!isValidated(tracking) || !tracking.carried.request.options.searchAttributes) return;
  const shown = attributesOf(tracking);
  const changed = NAMES.filter((name) => shown[name] !== (tracking.carried.shownAttributes?.[name] ?? null));
  if (changed.length === 0) return;
  tracking.carried.shownAttributes = shown;
  upsertSearchAttributes(
    changed.map(
      (name) => ({ key: { name, type: SEARCH_ATTRIBUTES[name] }, value: shown[name] }) as SearchAttributeUpdatePair,
    ),
  );
}

function attributesOf(tracking: Validated): ShownAttributes {
  const { imageId, bucket } = tracking.carried.request;
  const fraction = fractionOf(tracking);
  return {
    ImsExportPhase: tracking.run.phase,
    ImsExportImageId: imageId,
    ImsExportBucket: bucket,
    ImsExportPercent: fraction === null ? null : Math.floor((fraction * 100) / PERCENT_STEP) * PERCENT_STEP,
    ImsExportAttention: attentionOf(tracking, Date.now()),
  };
}
