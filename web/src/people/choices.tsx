// What is chosen for a person and for a token: a role, and whose cameras.
import { text } from '../text';
import type { Role } from '../types';
import { Field } from '../views/parts';
import type { Group } from './api';
import './forms.css';

export const roles: Role[] = ['viewer', 'operator', 'keyholder', 'auditor', 'administrator'];

interface RoleProps {
    value: Role;
    fixed?: string; // why it cannot be changed
    onChange: (role: Role) => void;
}

export function RoleChoice({ value, fixed, onChange }: RoleProps) {
    return (
        <Field label={text.people.role} hint={fixed ?? text.entry.roleSays[value]}>
            {(control) => (
                <select
                    {...control}
                    value={value}
                    disabled={fixed !== undefined}
                    onChange={(event) => onChange(event.currentTarget.value as Role)}
                >
                    {roles.map((role) => (
                        <option key={role} value={role}>
                            {text.roles[role]}
                        </option>
                    ))}
                </select>
            )}
        </Field>
    );
}

interface TicksProps {
    legend: string;
    choices: { value: string; label: string; hint?: string }[];
    chosen: string[];
    onChange: (chosen: string[]) => void;
}

export function Ticks({ legend, choices, chosen, onChange }: TicksProps) {
    const toggle = (value: string, on: boolean): void =>
        onChange(
            choices
                .map((choice) => choice.value)
                .filter((each) => (each === value ? on : chosen.includes(each))),
        );
    return (
        <fieldset class="tick-list">
            <legend class="label">{legend}</legend>
            {choices.map(({ value, label, hint }) => (
                <label key={value} class="tick">
                    <input
                        type="checkbox"
                        checked={chosen.includes(value)}
                        onChange={(event) => toggle(value, event.currentTarget.checked)}
                    />
                    <span>
                        {label}
                        {hint && <span class="hint">{hint}</span>}
                    </span>
                </label>
            ))}
        </fieldset>
    );
}

// Which cameras: all, or those of some groups. Administrators see all: nobody could be kept from
// what they may give themselves.
export interface Reach {
    some: boolean;
    groups: string[];
}

export const reachOf = (groups: string[]): Reach => ({ some: groups.length > 0, groups });
const kept = (reach: Reach, role: Role | null): boolean => reach.some && role !== 'administrator';
export const reachProblem = (reach: Reach, role: Role | null): string =>
    kept(reach, role) && reach.groups.length === 0 ? text.people.noGroupChosen : '';
export const reachGroups = (reach: Reach, role: Role | null): string[] =>
    kept(reach, role) ? reach.groups : [];

interface ReachProps {
    role: Role | null; // null: of a token
    groups: Group[];
    value: Reach;
    onChange: (reach: Reach) => void;
}

export function ReachChoice({ role, groups, value, onChange }: ReachProps) {
    if (groups.length === 0 || role === 'administrator')
        return (
            <div class="field">
                <span class="label">{text.people.reach}</span>
                <span>{text.people.allCameras}</span>
                <span class="hint">
                    {role === 'administrator'
                        ? text.people.administratorSeesAll
                        : text.people.noGroupsYet}
                </span>
            </div>
        );
    return (
        <fieldset class="field">
            <legend class="label">{text.people.reach}</legend>
            {[false, true].map((some) => (
                <label key={String(some)} class="tick">
                    <input
                        type="radio"
                        name="reach"
                        checked={value.some === some}
                        onChange={() => onChange({ ...value, some })}
                    />
                    {some ? text.people.someCameras : text.people.allCameras}
                </label>
            ))}
            {value.some && (
                <div class="inset">
                    <Ticks
                        legend={text.people.groups}
                        choices={groups.map(({ name, title, cameras }) => ({
                            value: name,
                            label: title || name,
                            hint: text.people.cameraCount(cameras.length),
                        }))}
                        chosen={value.groups}
                        onChange={(chosen) => onChange({ some: true, groups: chosen })}
                    />
                </div>
            )}
        </fieldset>
    );
}
