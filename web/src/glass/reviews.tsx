// The reviews that are due: by somebody other than whoever broke it.
import { useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { reviewsGlass } from '../rights';
import { glassNow } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import type { Session } from '../types';
import { Field } from '../views/parts';
import { type Broken, glassApi } from './api';

const words = text.glass.reviews;
const textMax = 900;

function Form({ number, onSaved }: { number: number; onSaved: () => void }) {
    const [found, setFound] = useState('');
    const [missing, setMissing] = useState('');
    const { busy, problem, run } = useDoing();
    const submit = (event: Event): void => {
        event.preventDefault();
        setMissing(found.trim() ? '' : words.missing);
        if (!found.trim()) return;
        void run(async () => {
            await glassApi.review(number, found.trim());
            onSaved();
            await glassNow();
        });
    };
    return (
        <form onSubmit={submit} noValidate>
            <Field label={words.label} hint={words.hint} problem={missing}>
                {(control) => (
                    <textarea
                        {...control}
                        rows={3}
                        maxLength={textMax}
                        value={found}
                        onInput={(event) => setFound(event.currentTarget.value)}
                    />
                )}
            </Field>
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            <button class="primary" disabled={busy}>
                {words.save}
            </button>
        </form>
    );
}

function One({ due, user, onSaved }: { due: Broken; user: Session; onSaved: () => void }) {
    return (
        <section class="card glass-review">
            <h3>{words.of(due.number, due.who)}</h3>
            <p class="note">
                {dayName(due.since_ms)} {clockTime(due.since_ms)} – {clockTime(due.until_ms)}
            </p>
            <blockquote>{due.reason}</blockquote>
            {due.who === user.user ? (
                <p class="note">{words.own}</p>
            ) : (
                reviewsGlass(user.role) && <Form number={due.number} onSaved={onSaved} />
            )}
        </section>
    );
}

export function Reviews({ reviews, user }: { reviews: Broken[]; user: Session }) {
    const [saved, setSaved] = useState(false);
    return (
        <section class="glass-reviews">
            <h2>{reviews.length > 0 ? words.heading(reviews.length) : words.none}</h2>
            {reviews.length > 0 && <p class="lead">{words.lead}</p>}
            <p role="status">{saved && words.saved}</p>
            {reviews.map((due) => (
                <One key={due.number} due={due} user={user} onSaved={() => setSaved(true)} />
            ))}
        </section>
    );
}
