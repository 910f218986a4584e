/** A way in which exports of images, and jobs like them, have gone wrong elsewhere. */
export interface Failure {
  /** Such as `F1`; the names of its tests begin with it. */
  number: string;
  /** What goes wrong, in one sentence. */
  failure: string;
  /** What the package does about it. */
  does: string;
  /** What you see then, and what to press. */
  see: string;
}

/** Every one of them: `npm run failures` runs their tests, and docs/development/failure-catalogue.md is made of this list. */
export const FAILURES: readonly Failure[] = [
  {
    number: 'F1',
    failure: 'The default time limit is far too short for a big image.',
    does: 'The deadline is a day after the start by default, and can be moved while the export runs.',
    see: '`deadline` in the details and at the start. Too short? Update `retune` with `{"deadline": "+6h"}`, or `ims-export retune ID --deadline +6h`.',
  },
  {
    number: 'F2',
    failure: 'The client gives up as failed, and the server finishes.',
    does: 'At the deadline there is one more look; without a verdict the export ends as *unknown*, never as failed, with the job id and the last facts.',
    see: '`ExportOutcomeUnknown`, exit code 3, `remoteJob: running`. `ims-export attach --job JOB --image … --to …` tracks the job again.',
  },
  {
    number: 'F3',
    failure: 'One failed poll kills or repeats a healthy job, or its object is cleaned away.',
    does: 'A poll that fails is counted and made again. It never ends the export at once, never submits, and never deletes.',
    see: '`poll failed (CODE)` on the timer and in the details. Do nothing, or signal `pollNow`.',
  },
  {
    number: 'F4',
    failure: 'The budget for errors never resets, or never ends.',
    does: '`pollErrorBudget` is the time of one unbroken stretch of failing polls (2 h); a good poll ends the stretch.',
    see: '`ExportOutcomeUnknown` with reason `pollErrors`. Attach to the job once the cloud answers again.',
  },
  {
    number: 'F5',
    failure: 'The waiter overlooks that the job has failed, and waits for its limit.',
    does: 'FAIL ends the export at the very poll that sees it.',
    see: '`ExportFailed` with code and reason. Fix what it names, and start the export again.',
  },
  {
    number: 'F6',
    failure: 'A canceled job, or one in an unknown state, is taken for a success.',
    does: 'Only SUCCESS succeeds. A status that the API does not name is waited through for `unknownStatusBudget` (30 min), and then is *unknown*.',
    see: '`ExportOutcomeUnknown` with reason `unknownStatus` and the status that the cloud reported. Ask the cloud, then attach.',
  },
  {
    number: 'F7',
    failure: 'An empty status or half an answer is read as a verdict.',
    does: 'An answer that cannot be read is a failed poll, within `pollErrorBudget`.',
    see: '`poll failed (InvalidResponse)`. Do nothing.',
  },
  {
    number: 'F8',
    failure: 'The reason of a failure is lost on the way.',
    does: 'Code, reason, sub-jobs and request id are in message, details and status, wherever in its answer the cloud put them.',
    see: 'All of it in `ExportFailed` and in `exportStatus`. Give the request id to the support of the cloud.',
  },
  {
    number: 'F9',
    failure: 'A crash between the submit and its record exports a second time.',
    does: 'The submit is one attempt; the job id travels by heartbeat and is in the memo at once; a lost answer is found out about before anything else is sent.',
    see: 'Phase `reconciling`. Nothing to press; if you know the job, update `resolveSubmission`.',
  },
  {
    number: 'F10',
    failure: 'The POST is sent again after a reset or a timeout, and "exists already" is then read as a failure.',
    does: 'No layer repeats a POST. `IMG.0070` and `IMG.0148` after a lost answer are evidence of the first one, not failures.',
    see: '[When the answer to a submit is lost](../lost-submits.md) shows each step, and when `ims-export resolve` helps.',
  },
  {
    number: 'F11',
    failure: 'The job is not found right after its submit.',
    does: 'It is asked for again, for `jobNotFoundGrace` (15 min), and never submitted again.',
    see: '`ExportOutcomeUnknown` with reason `jobNotFound` if it never turns up. Check for the object. Attach when the job is known again.',
  },
  {
    number: 'F12',
    failure: 'A token dies in the middle of the export.',
    does: 'Credentials are fetched for each call and refreshed; refused ones park the export, which is never failed for it.',
    see: 'Phase `parked`, `ImsExportAttention = "parked"`. Fix the credentials of the worker, then signal `pollNow`.',
  },
  {
    number: 'F13',
    failure: 'Cleaning up fails too, and hides the first error.',
    does: 'Deleting the object is an activity of its own, whose failure is reported beside the earlier one.',
    see: '`object: kept` in the memo, and the reason among the warnings. Delete the object yourself.',
  },
  {
    number: 'F14',
    failure: 'An HTTP call hangs for ever.',
    does: 'Every request has a limit that is shorter than that of its activity.',
    see: '`poll failed (RequestTimeout)`. Do nothing.',
  },
  {
    number: 'F15',
    failure: 'The job stays RUNNING for ever, without progress.',
    does: 'After `stallAfter` (1 h) the export warns and continues; at the deadline it is *unknown*.',
    see: '`stalled: true`, a warning, `ImsExportAttention = "stalled"`. Ask the cloud about the job; cancel, or `retune` the deadline.',
  },
  {
    number: 'F16',
    failure: 'A success is reported, and the object is missing, empty or corrupt.',
    does: 'After SUCCESS the object is looked at: size, age, storage class, first bytes.',
    see: '`ExportedObjectInvalid` with the problem. Do not use the object; export to another key.',
  },
  {
    number: 'F17',
    failure: 'An object at the destination is overwritten, or taken for the new one.',
    does: 'The destination must be free before the submit, and the object not older than that look.',
    see: '`DestinationExists` with the object that is there; nothing was submitted. Choose another key.',
  },
  {
    number: 'F18',
    failure: 'A missing permission or a wrong region shows late.',
    does: 'Image, bucket and destination are checked before the submit.',
    see: '`ExportNotAllowed` with the rule, or `AccessDenied`, within seconds. [Preflight](../preflight.md) shows how to turn a rule down.',
  },
  {
    number: 'F19',
    failure: 'Throttling fails the export, or its own polls eat the quota.',
    does: '429 and `IMG.0060` are waited for as long as the cloud asks, and cost no attempt.',
    see: 'Phase `waitingToSubmit` with the next try on the timer; `SubmitRejected` after `submitBudget`, with nothing submitted.',
  },
  {
    number: 'F20',
    failure: 'Many exports poll in lockstep.',
    does: 'Every delay is drawn from a range, that of throttled and of parked exports too.',
    see: 'Nothing. `minInterval` and `maxInterval` bound the range.',
  },
  {
    number: 'F21',
    failure: 'A batch beyond the limit on concurrent tasks fails.',
    does: 'Each export waits for its turn within `submitBudget` (2 h), and is submitted once. A batch keeps `maxConcurrent` of them under way.',
    see: '`waiting: the cloud throttles (IMG.0060)` on the timer. Update `retuneBatch` with a smaller `maxConcurrent`, or start with a larger `submitBudget`, or `retune` it.',
  },
  {
    number: 'F22',
    failure: 'A cancel leaves the job in the cloud, or lies about it.',
    does: 'The cloud cannot cancel a job. A cancel names the job that is still running; with `onCancel: drain` it is followed to its end and its object deleted.',
    see: '`remoteJob: running` and the job id in memo, status, details and log. The command that tracks it again, `ims-export attach …`, stands in the details.',
  },
  {
    number: 'F23',
    failure: 'Cleaning up deletes an object that is not its own, or leaves half of one.',
    does: 'Nothing is deleted but with `onCancel: drain`, and then only the very object that is proven ours.',
    see: '`object: discarded`, `alreadyGone` or `kept` in the memo, with the reason in the status.',
  },
  {
    number: 'F24',
    failure: 'The error path loses the job id, and blocks every later export.',
    does: 'The id is in state and memo before the job is looked at; a terminated run keeps it, and the destination can be used again.',
    see: 'The next start names the job that was left, with the command that tracks it, `ims-export attach …`.',
  },
  {
    number: 'F25',
    failure: 'A loop of timers outgrows the history.',
    does: 'Polls grow rarer with the time, and a long export continues in a new run with job, deadline, counters and pause.',
    see: 'Runs in the Web UI that end as ContinuedAsNew; `exportStatus` counts through.',
  },
  {
    number: 'F26',
    failure: 'The deadline starts anew after a restart.',
    does: 'The deadline is a moment, kept in the state; restarts and new runs do not move it.',
    see: '`deadlineAt` in the status. Only `retune` moves it.',
  },
  {
    number: 'F27',
    failure: 'An activity that is retried for hours looks hung.',
    does: 'Each poll is a short activity with a summary, each timer says how far the job is, and the details change with every poll.',
    see: 'The Timeline reads as a progress log.',
  },
  {
    number: 'F28',
    failure: 'A timeout of the run kills the tracking before its own limit.',
    does: 'The package sets none, and warns of one that is shorter than the deadline.',
    see: 'A warning in details and status. Start the workflow without run and execution timeout; attach if it was cut off.',
  },
  {
    number: 'F29',
    failure: 'What happens to activities and children on a cancel is left to defaults.',
    does: 'Every activity says it; the submit is waited for. A child by `executeExportChild`, or of a batch, has `ParentClosePolicy.ABANDON` and outlives its parent.',
    see: 'The export continues under its own id. Cancel it there.',
  },
  {
    number: 'F30',
    failure: 'One image is exported twice at once.',
    does: 'One destination is one workflow id; `IMG.0148` is waited for, or fails at once with `whenImageBusy: fail`.',
    see: '`waiting: another export of this image runs`. Do nothing, or cancel.',
  },
  {
    number: 'F31',
    failure: 'A quick export is sent with a format, and refused.',
    does: 'The input is one or the other, and the body holds only what belongs to it.',
    see: '`InvalidExportRequest` when both are given. Use `--quick` or `--format`.',
  },
  {
    number: 'F32',
    failure: 'A rule that has drifted refuses a valid export.',
    does: 'Every rule can be turned down to a warning or off; the cloud has the last word.',
    see: 'Where that can help, `ExportNotAllowed` names the option, such as `rules.sizeLimit=warn`. Start again with it.',
  },
  {
    number: 'F33',
    failure: 'Odd percentages end or confuse the waiter.',
    does: 'Progress is read in every spelling, never falls, and never ends an export.',
    see: 'A progress that stands still rather than jumps back.',
  },
  {
    number: 'F34',
    failure: 'No worker polls the queue, and the export looks as if it ran.',
    does: 'The client looks for a worker before it starts anything. One that vanished this minute is noticed after the start: the message says so, and the export begins when a worker comes. Status tells what Temporal knows when none answers.',
    see: '`NoWorker`, exit code 5. Start one with `ims-export worker`, or name its queue.',
  },
  {
    number: 'F35',
    failure: 'A limit cannot be changed by those who run into it.',
    does: 'Every budget is an option, which `ims-export options` lists; `exportStatus.options` has its value. Most can be retuned.',
    see: '`--option NAME=VALUE` at the start, `ims-export retune` later.',
  },
  {
    number: 'F36',
    failure: 'The shutdown of a worker is taken for a cancel.',
    does: 'Only a cancel of the workflow ends it. What a shutdown cuts is done again by the next worker, except the POST, which is waited for.',
    see: 'Nothing, once a worker runs again.',
  },
  {
    number: 'F37',
    failure: 'A job that has failed, or of another image, is adopted as "the" job.',
    does: 'A job that is named is looked at first, and refused with the reason.',
    see: 'A warning that names the job and why. Name another, or say `notSubmitted`.',
  },
  {
    number: 'F38',
    failure: 'The export is started again and again, without limit or word.',
    does: 'A further submit happens only as a probe for a lost one, at most `maxProbes` times (1), and is counted.',
    see: '`submissions` in status and result, and a warning.',
  },
  {
    number: 'F39',
    failure:
      'A run that knows nothing of an earlier one says that nothing was submitted, while the job of that one runs.',
    does: 'One place says it, and asks first whether this run, or one before it by a reset, a retry or continue-as-new, may have submitted. Otherwise the outcome is *unknown*.',
    see: '`ExportOutcomeUnknown` with reason `submitAmbiguous` and `EARLIER_ATTEMPT`. Check for the object. Attach if you know the job.',
  },
  {
    number: 'F40',
    failure: 'Temporal is away while the POST is answered, and the job id gets lost with the worker that holds it.',
    does: 'The worker logs the id at once and offers it until Temporal has it: in the details of a confirmed heartbeat, by its completion, and by `resolveSubmission` once its activity was given up. An ambiguous submit waits for that, also with `maxProbes: 0`.',
    see: 'The export continues with its job. The log of the worker has the id (`The cloud has accepted the export`), and, where Temporal stayed away for too long, the command that tracks it.',
  },
  {
    number: 'F41',
    failure: "A person's right answer is dropped by a moment of trouble in the cloud, and another export is submitted.",
    does: 'The named job is kept and read again until the cloud confirms or clearly contradicts it; meanwhile nothing is submitted. A newer answer replaces an older one.',
    see: '`resolution` in the status: `taken` is null while it is checked, with what the last check met. `ims-export resolve` waits 2 min for it.',
  },
  {
    number: 'F42',
    failure:
      'One wrong reading is taken for a verdict: a 404 of a gateway, an empty list, the page of a captive portal.',
    does: 'What would end an export, or leave an object behind, is read four times over about two minutes; a refusal of credentials twice, a minute apart. An answer of OBS carries its request id, and a 401 or 403 a code or a request id, else it is no answer.',
    see: '`ReadAgain` at the pending activity, with the number of the reading. Nothing to do.',
  },
  {
    number: 'F43',
    failure:
      'Missing workers are taken for errors of the cloud, and every export ends though the cloud was never asked; or the other way round.',
    does: 'An activity that no worker takes is asked for again and spends no budget, nor does an absence add to a stretch that had begun before it. What a timeout does not tell, the heartbeat does: that the cloud was asked, and its error. A validation waits so for a day, everything after it until the deadline.',
    see: '`attention: noWorker`. Start a worker for the task queue: `ims-export worker`.',
  },
  {
    number: 'F44',
    failure: "The client's own caution with a refused key is taken for the cloud's refusal.",
    does: "A key that was refused once rests for 5 s, and requests wait for it: nobody sees a gateway's bad second. Refused again, it rests for minutes. Exports wait for it, within `submitBudget`, and look for another key every 30 s. Only when the cloud refuses it again after that does an export end, whichever worker takes the next attempt.",
    see: '`CredentialsHeldBack` at the pending validation or submit. Nothing to do if the key is right; else fix it.',
  },
  {
    number: 'F45',
    failure: 'A mistyped job id hides the right one, or one bad read refuses a job that runs.',
    does: "Only the cloud's clear word refuses a job. A run that began nothing ends with `remoteJob: none`, and carries the earlier run and its job on.",
    see: '`earlier` and `resolution` in the status, and the command that attaches to the earlier job in the message.',
  },
  {
    number: 'F46',
    failure: 'Messages alone make a history grow until Temporal ends the workflow.',
    does: 'Every wait continues in a new run when its history is long. A message that changes nothing starts nothing.',
    see: 'Nothing: the run id changes, and nothing else.',
  },
  {
    number: 'F47',
    failure:
      'A search attribute that the server does not know fails the workflow task for ever, and no cancel ends it.',
    does: 'The registration is read before, by a query where the server does not list it. What is not known to be registered is not upserted.',
    see: 'A warning that the export runs without search attributes. Run `ims-export search-attributes --register`.',
  },
  {
    number: 'F48',
    failure: 'A suspended machine sends a submit or a deletion when it wakes, since its monotonic clock stood still.',
    does: 'Submit and deletion ask both clocks right before they write; too long by either, or a clock that was set back, sends nothing.',
    see: '`STALE_ATTEMPT` or `StaleLook`, and another attempt. Nothing to do.',
  },
  {
    number: 'F49',
    failure: 'A reset drops a message that an export got before it.',
    does: '`retune` and `resolveSubmission` wait in the new run until it has validated its input, and are answered then.',
    see: 'The deadline that was moved, and the job that was named, also after the reset.',
  },
  {
    number: 'F50',
    failure: 'A proxy packs or prefixes an answer, and the job id in it is lost.',
    does: 'gzip, deflate, brotli, a byte order mark, long headers and `100 Continue` are read.',
    see: 'Nothing: the export has its job id.',
  },
  {
    number: 'F51',
    failure:
      'Success is reported for an object that is gone, since an earlier export to that destination had succeeded.',
    does: "The new run compares the object's ETag and size. The same object: the earlier result is the answer. Gone, at each of four readings where the run was told of that success: it is exported again. Another object: `DestinationExists`, without a POST, for an `attach` too. Not readable: the earlier result as of its date, `verification.state: skipped`.",
    see: 'A start says that it found an export that had succeeded before, as of its date. A batch says `alreadyExported`.',
  },
  {
    number: 'F52',
    failure: 'A nightly batch in which every export fails completes, and its schedule is green.',
    does: 'With `failWhen: any` or `all` the batch fails as `BatchFailed`, with its counts. A metric and an alert count the verdicts of every batch.',
    see: '`BatchFailed`, exit code 1, or the alert `ImsExportBatchItemsNotExported`. `ims-export status ID` shows the images and why.',
  },
  {
    number: 'F53',
    failure: 'A single empty or repeated page ends the list of images, and shortens the backup in silence.',
    does: 'The last page is read again. Only a second one without news ends the list.',
    see: 'Nothing: all images that match are in the batch.',
  },
  {
    number: 'F54',
    failure: 'A batch that was reset submits an export again whose job still runs.',
    does: 'It reads what became of each export before it starts one. Is a job left, a new export attaches to it. Is its id not known, the image is `unknown`, and nothing is submitted.',
    see: 'The export tracks the same job as before. Check for job and object of images that are `unknown`.',
  },
  {
    number: 'F55',
    failure: 'A batch never ends, since what became of one export cannot be decoded, or its start fails.',
    does: 'What Temporal itself knows is read without decoding. An end that cannot be decoded is read four times over about two hours, then the image is `unknown`. A start that fails is `refused`.',
    see: 'The verdict of that image, with the reason. Restore the key of the codec, or check for the object.',
  },
  {
    number: 'F56',
    failure:
      'A payload codec needs to know what a payload belongs to, and a call that the package makes by itself does not say it: no submit is ever sent.',
    does: 'Every payload is encoded and decoded with its serialization context: of the workflow, or of the activity.',
    see: 'Nothing.',
  },
  {
    number: 'F57',
    failure:
      'In a namespace that encrypts, one memo that cannot be decoded makes `list`, `status`, `cancel` and `attach` of all the other exports fail.',
    does: 'Runs are read by raw calls, and decoded one by one. What cannot be decoded is left out and marked `unreadable`; nothing that a workflow must decode is sent to one that cannot be read.',
    see: '`unreadable: true`, or the error `Unreadable`. Name the data converter: `--data-converter MODULE`.',
  },
  {
    number: 'F58',
    failure:
      'The activities run in a worker without the settings that they assume, and an export loses its job when that worker stops.',
    does: 'No verdict rests on the settings: a stopped worker still offers the job id, and a reading counts only in a row. `EXPORT_WORKER_OPTIONS` has what suits them.',
    see: 'Nothing. Give the worker the plugin, or `EXPORT_WORKER_OPTIONS`: it stops and heartbeats as an export likes it.',
  },
  {
    number: 'F59',
    failure: 'Words of others, such as a workflow id or a memo, forge lines in a terminal or in the log.',
    does: 'One writer prints everything: control characters and invisible characters are shown as JSON escapes them.',
    see: '`\\u001b` or the like in an id, a reason or a message. Ask who started that workflow.',
  },
  {
    number: 'F60',
    failure: 'A command that a message offers runs something else when it is pasted.',
    does: 'One function builds every offered command and quotes its arguments. `attach` asks the rules on object names; invisible characters, and special spaces, in `bucketUrl`, `account` and the name of a batch are invalid input.',
    see: "A quoted id, as in `'…'` or `$'…'`; else `ExportNotAllowed` by `objectName`, or `InvalidExportRequest`. Paste the command as it is, into bash, zsh or ksh.",
  },
  {
    number: 'F61',
    failure: 'An object key or a message of the cloud becomes a heading, a link or a picture in the Web UI.',
    does: 'Words of others that could be Markdown stand in a code span, whose fence is longer than any run of backticks in them.',
    see: 'The words as they are, in a code span.',
  },
  {
    number: 'F62',
    failure:
      'A cached server program, which another user has replaced, runs with the keys of the cloud in its environment.',
    does: 'What others may write to, or put another folder in the place of, is not run. Child processes get no keys of the cloud. pip installs by SHA-256, and is tried before the download by the SDK, of which no digest is known.',
    see: '`others may write to FOLDER` or `FOLDER belongs to another user`, with the `chmod` or `chown` that helps.',
  },
  {
    number: 'F63',
    failure: 'A token or a signature that an answer repeats ends up in an error, a log or a history.',
    does: 'Errors and headers of the cloud are searched for what was sent, at any length, in the spellings of JSON, JavaScript, URLs, forms, HTML and base64, also one inside another. Twelve characters in a row are enough. A text that cannot be searched is hidden. Of other errors in the way of a request, name, code and words are kept: searched as well, and cut.',
    see: '`***` in the message; code and verdict stay what they are.',
  },
  {
    number: 'F64',
    failure: 'A page of images with long descriptions and tags is larger than is read, and a batch never starts.',
    does: 'A page of 100 images is read up to 2 MiB, more than the API allows. A larger one is asked for again with fewer images.',
    see: 'Nothing: the batch is planned.',
  },
  {
    number: 'F65',
    failure: 'A redirected DELETE counts as executed, or an endpoint with a path sends requests elsewhere.',
    does: 'No redirect is followed. A DELETE that OBS redirects was not executed, and an OBS endpoint with a path is refused.',
    see: '`object: kept` with `301 PermanentRedirect`: delete the object yourself. Or a message that names `IMS_EXPORT_OBS_ENDPOINT`.',
  },
  {
    number: 'F66',
    failure:
      'An export that starts again right after its success, or is reset, is refused by its own object, since Temporal does not list that success yet.',
    does: 'An object of no known export counts only once a second list, 8 s later, shows no success either.',
    see: 'The earlier result. For an object of others `DestinationExists`, after the second list.',
  },
  {
    number: 'F67',
    failure: 'A caller that may start batches, but not read them, sends the same start over and over.',
    does: 'What cannot be read is an error at once. A start that another caller was quicker with is sent ten times at most.',
    see: '`PERMISSION_DENIED` of Temporal. Let the caller read workflows too.',
  },
  {
    number: 'F68',
    failure:
      'A batch stays open for ever, since its worker has no permission to read from Temporal what became of an export.',
    does: 'Exports report their end by themselves. One that is silent, and that Temporal refuses to show for more than two days, gets the verdict `unknown`.',
    see: '`unknown` with `Temporal does not show it to this worker`. Let the worker read workflows; `ims-export status` says what became of the export.',
  },
  {
    number: 'F69',
    failure: 'A submit waits for the whole rest of a refused key, although the worker has another key already.',
    does: 'A submit that is held back is tried again after half a minute or so, and sends nothing until the worker has another key or the rest is over.',
    see: '`CredentialsHeldBack` while it waits. Correct the key; when the time to submit is over, `SubmitRejected`, or `AccessDenied` where the cloud had refused the submit itself.',
  },
  {
    number: 'F70',
    failure: 'Many connections hold the port of metrics, the probes get no answer, and the pod is killed.',
    does: 'The port takes 32 connections. For one more, it closes the one that has waited longest.',
    see: 'Nothing: probes and scrapes are answered.',
  },
  {
    number: 'F71',
    failure:
      'The network lets nothing out but through a proxy, and the tool knows none, or only for a part of its connections.',
    does: 'Worker, client and command line take the proxy of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` for every service of the cloud, the submit included, and for Temporal. Nothing local goes through it.',
    see: '`ims-export doctor` names the way to Temporal and to the cloud, and entries of `NO_PROXY` that match no host. A proxy that is needed and cannot be used stops the worker by the name of its variable.',
  },
  {
    number: 'F72',
    failure: 'The proxy refuses (407, 403, 502), or dies in the middle, and a submit is repeated or given up.',
    does: 'Without a tunnel nothing was sent. After 407 or 403 an export that has submitted nothing ends within a minute; else the submit is made again later. One CONNECT tries a user and a password for all requests. Once the submit was written, a lost tunnel is a lost answer, and is found out about. Polls go on when the proxy is back.',
    see: '`ProxyAuthenticationRequired` (407), `ProxyRefused` (403), `ProxyUnavailable` (502 and the like) or `ECONNREFUSED` with the proxy and its variable, without its password. Correct the variable, and start the worker again.',
  },
  {
    number: 'F73',
    failure:
      'A certificate that is not trusted, a host that does not exist, or one without a common version of TLS is retried for a quarter of an hour.',
    does: 'It is read a second time, and ends an export that has submitted nothing within a minute. An export whose job runs, or may run, continues and waits.',
    see: '`SubmitRejected` with `ENOTFOUND`, `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_CERT_ALTNAME_INVALID`, `ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION` and the like, the host, and what to do. Correct it, and start the export again.',
  },
  {
    number: 'F74',
    failure: 'An endpoint with http:// sends keys in the clear.',
    does: 'Plain http goes to the loopback and to link-local addresses alone. Any other endpoint is refused at the start, and no request is sent.',
    see: 'The variable or field with the endpoint. Use https, or set `IMS_EXPORT_ALLOW_HTTP=true` (`allowHttp` of the account) where everything on the way is trusted.',
  },
];

/** docs/development/failure-catalogue.md, made of the list. */
export function failureCataloguePage(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = FAILURES.map(
    ({ number, failure, does, see }) => `| ${number} | ${[failure, does, see].map(cell).join(' | ')} |`,
  );
  return `# The failure catalogue

What has gone wrong elsewhere with exports of images and jobs like them, what this package does about it, and what a user sees
and does. The page for users is [Failure modes](../failure-modes.md). Each number has its tests in \`test/failures\`; \`npm run failures\` runs them and prints a table of the results.
This page is made of \`test/failures/catalogue.ts\` by \`npm run failures -- --write-docs\`.

| | What goes wrong | What the package does | What you see, and what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}
