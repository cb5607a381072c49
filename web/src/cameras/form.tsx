// The fields of a camera: adding one and changing one show the same.
import { text } from '../text';
import { Field } from '../views/parts';
import type { Keep, Transport } from './api';
import { type Draft, type DraftField, type DraftProblem, needsReason } from './draft';

const words = text.cameras.form;
const transports: Transport[] = ['auto', 'tcp', 'udp'];
const keeps: Keep[] = ['original', 'redacted', 'nothing'];

export type Problems = Partial<Record<DraftField, DraftProblem>>;

export interface FormProps {
    draft: Draft;
    problems: Problems;
    onChange: (change: Partial<Draft>) => void;
}

const sentence = (problem: DraftProblem | undefined): string =>
    problem ? words.problems[problem] : '';

interface ConnectionProps extends FormProps {
    hasPassword?: boolean;
}

export function ConnectionFields({ draft, problems, onChange, hasPassword }: ConnectionProps) {
    return (
        <>
            <div class="fields">
                <Field label={words.url} hint={words.urlHint} problem={sentence(problems.url)} wide>
                    {(control) => (
                        <input
                            {...control}
                            name="url"
                            inputMode="url"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck={false}
                            maxLength={500}
                            value={draft.url}
                            onInput={(event) => onChange({ url: event.currentTarget.value })}
                        />
                    )}
                </Field>
                <Field label={words.user}>
                    {(control) => (
                        <input
                            {...control}
                            name="camera-user"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck={false}
                            maxLength={100}
                            value={draft.user}
                            onInput={(event) => onChange({ user: event.currentTarget.value })}
                        />
                    )}
                </Field>
                <Field
                    label={words.password}
                    {...(hasPassword ? { hint: words.passwordKept } : {})}
                >
                    {(control) => (
                        <input
                            {...control}
                            name="camera-password"
                            type="password"
                            autocomplete="new-password"
                            maxLength={256}
                            value={draft.password}
                            onInput={(event) => onChange({ password: event.currentTarget.value })}
                        />
                    )}
                </Field>
            </div>
            <details class="more">
                <summary>{words.more}</summary>
                <div class="fields">
                    <Field label={words.transport}>
                        {(control) => (
                            <select
                                {...control}
                                value={draft.transport}
                                onChange={(event) =>
                                    onChange({ transport: event.currentTarget.value as Transport })
                                }
                            >
                                {transports.map((each) => (
                                    <option key={each} value={each}>
                                        {words.transports[each]}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <Field label={words.fingerprint} hint={words.fingerprintHint}>
                        {(control) => (
                            <input
                                {...control}
                                autocomplete="off"
                                spellcheck={false}
                                maxLength={95}
                                value={draft.fingerprint}
                                onInput={(event) =>
                                    onChange({ fingerprint: event.currentTarget.value })
                                }
                            />
                        )}
                    </Field>
                </div>
            </details>
        </>
    );
}

function RecordField({ draft, onChange }: Omit<FormProps, 'problems'>) {
    return (
        <fieldset class="field field-wide">
            <legend>{words.record}</legend>
            {keeps.map((keep) => (
                <label class="tick" key={keep}>
                    <input
                        type="radio"
                        name="record"
                        checked={draft.record === keep}
                        onChange={() => onChange({ record: keep })}
                    />
                    <span>
                        {text.cameras.one.keeps[keep]}
                        <span class="hint">{words.recordHints[keep]}</span>
                    </span>
                </label>
            ))}
        </fieldset>
    );
}

interface AboutProps extends FormProps {
    id: string | null; // what it will be called in addresses; null: it has one
}

export function AboutFields({ draft, problems, onChange, id }: AboutProps) {
    return (
        <div class="fields">
            <Field
                label={words.name}
                hint={id === null ? words.nameHint : words.id(id)}
                problem={sentence(problems.name)}
            >
                {(control) => (
                    <input
                        {...control}
                        name="camera-name"
                        autocomplete="off"
                        maxLength={100}
                        value={draft.name}
                        onInput={(event) => onChange({ name: event.currentTarget.value })}
                    />
                )}
            </Field>
            <Field
                label={words.purpose}
                hint={words.purposeHint}
                problem={sentence(problems.purpose)}
            >
                {(control) => (
                    <>
                        <input
                            {...control}
                            name="purpose"
                            list="camera-purposes"
                            autocomplete="off"
                            maxLength={1000}
                            value={draft.purpose}
                            onInput={(event) => onChange({ purpose: event.currentTarget.value })}
                        />
                        <datalist id="camera-purposes">
                            {words.purposes.map((each) => (
                                <option key={each} value={each} />
                            ))}
                        </datalist>
                    </>
                )}
            </Field>
            <Field label={words.legalBasis}>
                {(control) => (
                    <>
                        <input
                            {...control}
                            name="legal-basis"
                            list="camera-legal-bases"
                            autocomplete="off"
                            maxLength={1000}
                            value={draft.legalBasis}
                            onInput={(event) => onChange({ legalBasis: event.currentTarget.value })}
                        />
                        <datalist id="camera-legal-bases">
                            {words.legalBases.map((each) => (
                                <option key={each} value={each} />
                            ))}
                        </datalist>
                    </>
                )}
            </Field>
            <Field
                label={words.retention}
                hint={words.retentionHint}
                problem={sentence(problems.retention)}
            >
                {(control) => (
                    <input
                        {...control}
                        name="retention"
                        type="number"
                        min={1}
                        max={87600}
                        step={1}
                        value={draft.retention}
                        onInput={(event) => onChange({ retention: event.currentTarget.value })}
                    />
                )}
            </Field>
            {needsReason(draft) && (
                <Field label={words.reason} problem={sentence(problems.reason)} wide>
                    {(control) => (
                        <input
                            {...control}
                            name="retention-reason"
                            autocomplete="off"
                            maxLength={1000}
                            value={draft.reason}
                            onInput={(event) => onChange({ reason: event.currentTarget.value })}
                        />
                    )}
                </Field>
            )}
            <Field label={words.sub} hint={words.subHint} wide>
                {(control) => (
                    <input
                        {...control}
                        name="sub"
                        inputMode="url"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck={false}
                        maxLength={500}
                        value={draft.sub}
                        onInput={(event) => onChange({ sub: event.currentTarget.value })}
                    />
                )}
            </Field>
            <RecordField draft={draft} onChange={onChange} />
        </div>
    );
}

// To the first field that is wrong.
export function focusProblem(form: HTMLElement | null): void {
    requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
