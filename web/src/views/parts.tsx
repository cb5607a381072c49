// Parts that every room uses; style/rooms.css has their look, and the classes for all else.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { text } from '../text';
import { Icon } from './icon';

export interface FieldControl {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
}

interface FieldProps {
    label: string;
    hint?: string;
    problem?: string; // in words; empty or left out while there is none
    wide?: boolean;
    children: (control: FieldControl) => ComponentChildren;
}

// A label, its control, a hint and what is wrong with it:
//     <Field label={…} problem={…}>{(control) => <input {...control} value={…} />}</Field>
export function Field({ label, hint, problem, wide, children }: FieldProps) {
    const id = useId();
    const control = {
        id,
        'aria-describedby': `${id}-hint ${id}-problem`,
        'aria-invalid': Boolean(problem),
    };
    return (
        <div class={wide ? 'field field-wide' : 'field'} data-bad={problem ? '' : undefined}>
            <label for={id}>{label}</label>
            {children(control)}
            {hint && (
                <span id={`${id}-hint`} class="hint">
                    {hint}
                </span>
            )}
            <span id={`${id}-problem`} class="problem">
                {problem}
            </span>
        </div>
    );
}

interface DialogProps {
    title: string;
    broad?: boolean;
    onClose: () => void; // after Escape, the cross, or a form with method=dialog
    children: ComponentChildren;
}

// Modal: what is behind it cannot be reached. It is open as long as it is rendered.
export function Dialog({ title, broad, onClose, children }: DialogProps) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => dialog.current?.showModal(), []);
    return (
        <dialog
            ref={dialog}
            class={broad ? 'dialog dialog-broad' : 'dialog'}
            aria-labelledby={id}
            onClose={onClose}
        >
            <div class="dialog-head">
                <h2 id={id}>{title}</h2>
                <button
                    type="button"
                    class="quiet square"
                    aria-label={text.parts.close}
                    onClick={() => dialog.current?.close()}
                >
                    <Icon name="close" />
                </button>
            </div>
            <div class="dialog-body">{children}</div>
        </dialog>
    );
}

// Something to be kept elsewhere: shown whole, copied with one press.
export function Secret({ value }: { value: string }) {
    const [copied, setCopied] = useState<boolean | null>(null);
    const copy = (): void => {
        navigator.clipboard.writeText(value).then(
            () => setCopied(true),
            () => setCopied(false), // refused: the text can be selected
        );
    };
    const word =
        copied === null ? text.parts.copy : copied ? text.parts.copied : text.parts.notCopied;
    return (
        <div class="secret">
            <code>{value}</code>
            <button type="button" onClick={copy} aria-live="polite">
                {word}
            </button>
        </div>
    );
}
