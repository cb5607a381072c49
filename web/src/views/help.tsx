import { useEffect, useRef } from 'preact/hooks';
import { shortcuts } from '../settings';
import { text } from '../text';
import { useValue } from '../value';
import { Icon } from './icon';

function Keys({ title, rows }: { title: string; rows: string[][] }) {
    return (
        <section>
            <h3>{title}</h3>
            <dl class="keys">
                {rows.map(([keys, meaning]) => (
                    <div key={keys}>
                        <dt>
                            <kbd>{keys}</kbd>
                        </dt>
                        <dd>{meaning}</dd>
                    </div>
                ))}
            </dl>
        </section>
    );
}

export function Help({ onClose }: { onClose: () => void }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const enabled = useValue(shortcuts);
    useEffect(() => dialog.current?.showModal(), []);
    return (
        <dialog ref={dialog} class="help" onClose={onClose} aria-labelledby="help-title">
            <div class="help-head">
                <h2 id="help-title">{text.help.title}</h2>
                <button
                    class="quiet square"
                    aria-label={text.help.close}
                    onClick={() => dialog.current?.close()}
                >
                    <Icon name="close" />
                </button>
            </div>
            <div class="help-columns">
                <Keys title={text.help.wall} rows={text.help.keys.wall} />
                <Keys title={text.help.camera} rows={text.help.keys.camera} />
                <Keys title={text.help.timeline} rows={text.help.keys.timeline} />
                <Keys title={text.help.review} rows={text.help.keys.review} />
                <Keys title={text.help.vault} rows={text.help.keys.vault} />
            </div>
            <label class="check">
                <input
                    type="checkbox"
                    checked={enabled}
                    onChange={(event) => shortcuts.set(event.currentTarget.checked)}
                />{' '}
                {text.help.enabled}
            </label>
        </dialog>
    );
}
