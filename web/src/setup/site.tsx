import { useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { beatNow } from '../state';
import { text } from '../text';
import { Field } from '../views/parts';
import { setupApi, type SiteWords } from './api';
import { StepCard } from './card';
import type { StepProps } from './room';

const words = text.setup;

const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Those that the browser knows, and the site's own, which it may not.
function zones(own: string): string[] {
    return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', own])]
        .filter(Boolean)
        .sort((a, b) => a.localeCompare(b));
}

// What an address on a sign has to be for a phone to open it.
function isWebAddress(address: string): boolean {
    return /^https?:\/\/[^\s/]+\.[^\s]+$/.test(address);
}

export function SiteStep({ facts, again, next }: StepProps) {
    const { site } = facts;
    const [form, setForm] = useState<SiteWords>({
        name: site.name,
        time_zone: site.time_zone || browserZone(),
        controller: site.controller ?? '',
        contact: site.contact ?? '',
        address: site.address ?? '',
    });
    const [tried, setTried] = useState(false);
    const { busy, problem, run } = useDoing();
    const set = (key: keyof SiteWords) => (event: { currentTarget: { value: string } }) =>
        setForm({ ...form, [key]: event.currentTarget.value });

    const missing = (key: 'name' | 'controller' | 'contact'): string =>
        tried && form[key].trim() === '' ? words.missing[key] : '';
    const addressBad = form.address.trim() !== '' && !isWebAddress(form.address.trim());

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        setTried(true);
        if (!form.name.trim() || !form.controller.trim() || !form.contact.trim() || addressBad)
            return;
        const went = await run(async () => {
            await setupApi.saveSite({
                name: form.name.trim(),
                time_zone: form.time_zone,
                controller: form.controller.trim(),
                contact: form.contact.trim(),
                address: form.address.trim(),
            });
            beatNow();
            await again();
        });
        if (went) location.hash = next;
    };
    return (
        <StepCard title={words.steps.site} lead={words.siteLead}>
            <form onSubmit={(event) => void submit(event)} noValidate>
                <div class="fields">
                    <Field label={words.name} hint={words.nameHint} problem={missing('name')}>
                        {(control) => (
                            <input
                                {...control}
                                autocomplete="off"
                                maxLength={100}
                                value={form.name}
                                onInput={set('name')}
                            />
                        )}
                    </Field>
                    <Field label={words.zone} hint={words.zoneHint}>
                        {(control) => (
                            <select {...control} value={form.time_zone} onChange={set('time_zone')}>
                                {zones(form.time_zone).map((zone) => (
                                    <option key={zone} value={zone}>
                                        {zone.replaceAll('_', ' ')}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <Field
                        label={words.controller}
                        hint={words.controllerHint}
                        problem={missing('controller')}
                        wide
                    >
                        {(control) => (
                            <input
                                {...control}
                                autocomplete="organization"
                                maxLength={200}
                                value={form.controller}
                                onInput={set('controller')}
                            />
                        )}
                    </Field>
                    <Field
                        label={words.contact}
                        hint={words.contactHint}
                        problem={missing('contact')}
                        wide
                    >
                        {(control) => (
                            <input
                                {...control}
                                autocomplete="off"
                                maxLength={200}
                                value={form.contact}
                                onInput={set('contact')}
                            />
                        )}
                    </Field>
                    <Field
                        label={words.address}
                        hint={words.addressHint}
                        problem={tried && addressBad ? words.addressBad : ''}
                        wide
                    >
                        {(control) => (
                            <input
                                {...control}
                                type="url"
                                autocomplete="url"
                                maxLength={200}
                                placeholder="https://"
                                value={form.address}
                                onInput={set('address')}
                            />
                        )}
                    </Field>
                </div>
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="actions">
                    <button class="primary" type="submit" disabled={busy}>
                        {words.saveOn}
                    </button>
                    <a class="button quiet" href={next}>
                        {words.later}
                    </a>
                </div>
            </form>
        </StepCard>
    );
}
