// What a camera is for, and how it does.
import { text } from '../text';
import { clockTime, dayName, dayStart } from '../time';
import { serverNow } from '../state';
import type { Camera } from '../types';
import { reasonWords } from '../live/words';
import { codecName, decimal } from '../units';

const fills = ['person', 'lying', 'vehicle', 'motion', 'static'] as const;

function sinceText(at: number): string {
    const words = at < dayStart(serverNow()) ? `${dayName(at)} ${clockTime(at)}` : clockTime(at);
    return text.camera.since(words);
}

function stream(camera: Camera): string {
    if (!camera.width) return '';
    return [
        `${codecName(camera.codec)} ${camera.width}×${camera.height}`,
        text.camera.fps(decimal(camera.fps)),
        text.camera.mbit(decimal(camera.bitrate / 1e6)),
    ].join(' · ');
}

export function Facts({ camera }: { camera: Camera }) {
    const good = camera.state === 'recording' || camera.state === 'watching';
    return (
        <dl class="facts">
            <div data-bad={!good}>
                <dt>{text.camera.health}</dt>
                <dd>
                    <strong>{text.camera.states[camera.state]}</strong> {sinceText(camera.since_ms)}
                    <span class="note">
                        {good
                            ? stream(camera)
                            : reasonWords(camera.detail) ||
                              (camera.cause && text.causes[camera.cause])}
                    </span>
                </dd>
            </div>
            <div data-bad={camera.veil.state === 'down'}>
                <dt>{text.camera.veil}</dt>
                <dd>
                    <strong>{text.camera.veilStates[camera.veil.state]}</strong>
                    {camera.veil.reason && (
                        <span class="note">{reasonWords(camera.veil.reason)}</span>
                    )}
                </dd>
            </div>
            <div>
                <dt>{text.camera.purpose}</dt>
                <dd>{camera.purpose || text.camera.noPurpose}</dd>
            </div>
            <div>
                <dt>{text.camera.kept}</dt>
                <dd>{text.camera.keptHours(camera.retention_hours)}</dd>
            </div>
            {camera.audio_reason && (
                <div>
                    <dt>{text.camera.sound}</dt>
                    <dd>
                        {text.camera.soundRecorded}
                        <span class="note">{camera.audio_reason}</span>
                    </dd>
                </div>
            )}
            <div>
                <dt>{text.camera.fills}</dt>
                <dd>
                    <ul class="fills">
                        {fills.map((fill) => (
                            <li key={fill} class={`fill-${fill}`}>
                                {text.camera.fillNames[fill]}
                            </li>
                        ))}
                    </ul>
                </dd>
            </div>
            <div>
                <dt>{text.camera.originals}</dt>
                <dd>{text.camera.originalsNote}</dd>
            </div>
        </dl>
    );
}
