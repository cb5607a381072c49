// What is to be known of a request before anybody signs: who, what, why, until when, for whose key;
// who decided what; and where it stands in the log.
import type { ComponentChildren } from 'preact';
import { text } from '../text';
import { duration } from '../time';
import { bytes } from '../units';
import { requestHash } from './address';
import type { Decision, OpeningRequest } from './api';
import { Digest, Fingerprint, Range, useCameraNames, When } from './parts';

const words = text.vault.facts;

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    );
}

export function Facts({ request, own }: { request: OpeningRequest; own: boolean }) {
    const names = useCameraNames();
    return (
        <section class="card vault-what" aria-label={words.title}>
            <dl class="vault-facts">
                <Fact name={words.who}>
                    <strong>{request.who}</strong>
                    <span class="note">
                        {words.since} <When at={request.created_ms} />
                    </span>
                </Fact>
                <Fact name={words.cameras}>
                    <strong>{names(request.cameras)}</strong>
                </Fact>
                <Fact name={words.time}>
                    <Range from={request.from_ms} to={request.to_ms} />
                    <span class="note">
                        {words.segments(request.segments)}, {bytes(request.bytes)}
                    </span>
                </Fact>
                <Fact name={words.purpose}>
                    <strong>{text.vault.purposes[request.purpose]}</strong>
                    <span class="vault-reason">{request.reason}</span>
                </Fact>
                <Fact name={words.legal}>{request.legal_basis || words.none}</Fact>
                <Fact name={words.incident}>{request.incident || words.none}</Fact>
                <Fact name={words.view}>{words.viewFor(duration(request.view_s * 1000))}</Fact>
                <Fact name={words.expires}>
                    <When at={request.expires_ms} />
                    {request.due_ms !== null && (
                        <span class="vault-warn">
                            {words.due} <When at={request.due_ms} />
                        </span>
                    )}
                </Fact>
                {request.beside.length > 0 && (
                    <Fact name={words.beside}>
                        {request.beside.map((number) => (
                            <a key={number} class="vault-beside-link" href={requestHash(number)}>
                                {text.vault.request(number)}
                            </a>
                        ))}
                    </Fact>
                )}
                <Fact name={words.key}>
                    <Fingerprint value={request.recipient} />
                    <span class="note">{own ? words.keyOwn : words.keyHint(request.who)}</span>
                </Fact>
                {request.export_to !== null && (
                    <Fact name={words.exportKey}>
                        <Fingerprint value={request.export_to} />
                        <code class="vault-code">{request.export_to}</code>
                        <span class="note">{words.exportKeyHint(request.who)}</span>
                    </Fact>
                )}
            </dl>
        </section>
    );
}

function Verdict({ decision }: { decision: Decision }) {
    const { approve, bad } = decision;
    return (
        <span class="badge" data-mood={approve && !bad ? 'good' : 'bad'}>
            {bad ? words.bad : approve ? words.approved : words.refused}
        </span>
    );
}

// Whatever is already over came to its end by somebody, for a reason.
function End({ end }: { end: NonNullable<OpeningRequest['end']> }) {
    return (
        <p class="vault-end">
            {end.who === null ? words.endedByItself : words.endedBy(end.who)}{' '}
            <span class="note">
                <When at={end.at_ms} />
            </span>
            {end.reason && <span class="vault-reason">{end.reason}</span>}
        </p>
    );
}

export function Decisions({ request }: { request: OpeningRequest }) {
    return (
        <section class="vault-decisions">
            <h2>{words.decisions}</h2>
            {request.decisions.length === 0 ? (
                <p class="note">{words.noDecisions}</p>
            ) : (
                <ul class="rows">
                    {request.decisions.map((each) => (
                        <li class="row" key={`${each.vault} ${each.holder}`}>
                            <div class="row-main">
                                <strong>{each.name}</strong>
                                <span class="note">
                                    <When at={each.taken_ms} />
                                </span>
                                {each.reason && <span class="vault-reason">{each.reason}</span>}
                            </div>
                            <Verdict decision={each} />
                        </li>
                    ))}
                </ul>
            )}
            {request.end && <End end={request.end} />}
        </section>
    );
}

export function Place({ request }: { request: OpeningRequest }) {
    return (
        <section class="vault-log">
            <h2>{words.log}</h2>
            <p>{words.logLine(request.log.seq)}</p>
            <Digest hex={request.log.line} />
            <p class="note">{words.digest}</p>
            <Digest hex={request.id} />
        </section>
    );
}
