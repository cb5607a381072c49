// The dialog in which a layout gets its name and its cameras.
import { useState } from 'preact/hooks';
import { useGroupTitles } from '../groups';
import { text } from '../text';
import type { Camera } from '../types';
import { type Layout, pageSizes, replaced, tourChoices, type WallSettings } from '../wall/layouts';
import { changeWall, currentLayout } from '../wall/store';
import { Dialog, Field } from './parts';

interface LayoutDialogProps {
    layout: Layout;
    settings: WallSettings;
    cameras: Camera[];
    onClose: () => void;
}

function toggled(list: readonly string[], item: string): string[] {
    return list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
}

interface TickProps {
    label: string;
    on: boolean;
    onToggle: () => void;
}

function Tick({ label, on, onToggle }: TickProps) {
    return (
        <label class="tick">
            <input type="checkbox" checked={on} onChange={onToggle} /> {label}
        </label>
    );
}

function Members({
    draft,
    cameras,
    onDraft,
}: {
    draft: Layout;
    cameras: Camera[];
    onDraft: (layout: Layout) => void;
}) {
    const titleOf = useGroupTitles();
    const groups = [...new Set(cameras.flatMap((camera) => camera.groups ?? []))].sort();
    return (
        <fieldset class="field field-wide">
            <legend>{text.wall.members}</legend>
            <Tick
                label={text.wall.everyCamera}
                on={draft.all}
                onToggle={() => onDraft({ ...draft, all: !draft.all })}
            />
            {!draft.all && (
                <div class="ticks">
                    {groups.map((group) => (
                        <Tick
                            key={`group ${group}`}
                            label={text.wall.group(titleOf(group))}
                            on={draft.groups.includes(group)}
                            onToggle={() =>
                                onDraft({ ...draft, groups: toggled(draft.groups, group) })
                            }
                        />
                    ))}
                    {cameras.map((camera) => (
                        <Tick
                            key={camera.id}
                            label={camera.name}
                            on={draft.cameras.includes(camera.id)}
                            onToggle={() =>
                                onDraft({ ...draft, cameras: toggled(draft.cameras, camera.id) })
                            }
                        />
                    ))}
                </div>
            )}
        </fieldset>
    );
}

export function LayoutDialog({ layout, settings, cameras, onClose }: LayoutDialogProps) {
    const [draft, setDraft] = useState(layout);
    const [tour, setTour] = useState(settings.tourSeconds);
    const [light, setLight] = useState(settings.spotlight);
    const [tried, setTried] = useState(false);
    const known = settings.layouts.some((each) => each.key === layout.key);
    const nameless = tried && !draft.name.trim() && !draft.all;
    const empty = tried && !draft.all && draft.cameras.length + draft.groups.length === 0;

    const save = (event: Event): void => {
        event.preventDefault();
        setTried(true);
        const whole = draft.all || draft.cameras.length + draft.groups.length > 0;
        if (!whole || (!draft.name.trim() && !draft.all)) return;
        const kept = { ...draft, name: draft.name.trim() };
        const base = { ...settings, tourSeconds: tour, spotlight: light };
        changeWall(known ? replaced(base, kept) : { ...base, layouts: [...base.layouts, kept] });
        currentLayout.set(kept.key);
        onClose();
    };
    const remove = (): void => {
        const layouts = settings.layouts.filter((each) => each.key !== layout.key);
        changeWall({ ...settings, layouts });
        onClose();
    };
    return (
        <Dialog title={known ? text.wall.edit : text.wall.addLayout} onClose={onClose}>
            <form onSubmit={save} noValidate>
                <div class="fields">
                    <Field
                        label={text.wall.layoutName}
                        hint={text.wall.layoutKey(layout.key.toUpperCase())}
                        problem={nameless ? text.wall.nameMissing : ''}
                    >
                        {(control) => (
                            <input
                                {...control}
                                value={draft.name}
                                maxLength={40}
                                placeholder={draft.all ? text.wall.allCameras : ''}
                                onInput={(event) =>
                                    setDraft({ ...draft, name: event.currentTarget.value })
                                }
                            />
                        )}
                    </Field>
                    <Field label={text.wall.tilesAtOnce}>
                        {(control) => (
                            <select
                                {...control}
                                value={draft.page}
                                onChange={(event) =>
                                    setDraft({ ...draft, page: Number(event.currentTarget.value) })
                                }
                            >
                                {pageSizes.map((size) => (
                                    <option key={size} value={size}>
                                        {size === 0 ? text.wall.allAtOnce : size}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <Members draft={draft} cameras={cameras} onDraft={setDraft} />
                    <p class="problem field-wide" role="alert">
                        {empty && text.wall.membersMissing}
                    </p>
                </div>
                <fieldset class="fields apart">
                    <legend class="note">{text.wall.everyLayout}</legend>
                    <Field label={text.wall.tourPause}>
                        {(control) => (
                            <select
                                {...control}
                                value={tour}
                                onChange={(event) => setTour(Number(event.currentTarget.value))}
                            >
                                {tourChoices.map((seconds) => (
                                    <option key={seconds} value={seconds}>
                                        {text.wall.seconds(seconds)}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <label class="tick field-wide">
                        <input
                            type="checkbox"
                            checked={light}
                            onChange={(event) => setLight(event.currentTarget.checked)}
                        />
                        <span>
                            {text.wall.lightItself}
                            <span class="hint">{text.wall.lightItselfNote}</span>
                        </span>
                    </label>
                </fieldset>
                <div class="actions actions-end">
                    {known && settings.layouts.length > 1 && (
                        <button type="button" class="danger spread" onClick={remove}>
                            {text.wall.removeLayout}
                        </button>
                    )}
                    <button type="button" class="quiet" onClick={onClose}>
                        {text.wall.cancel}
                    </button>
                    <button type="submit" class="primary">
                        {text.wall.save}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
