import { now } from '../state';
import { text } from '../text';
import { clockTime, duration, longDay, offsetText } from '../time';
import { useValue } from '../value';

// An instant as its distance from now; the instant itself is in its title.
export function Ago({ at }: { at: number }) {
    const age = useValue(now) - at;
    return (
        <time
            dateTime={new Date(at).toISOString()}
            title={`${longDay(at)}, ${clockTime(at)} ${offsetText(at)}`}
        >
            {age < 90_000
                ? text.people.justNow
                : text.people.ago(duration(Math.floor(age / 60_000) * 60_000))}
        </time>
    );
}
