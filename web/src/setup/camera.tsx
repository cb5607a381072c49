import { useState } from 'preact/hooks';
import { AddCamera } from '../cameras/add';
import { text } from '../text';
import type { Camera } from '../types';
import { StepCard } from './card';
import { isLive } from './progress';
import type { StepProps } from './room';

const words = text.setup;

function stateWords(camera: Camera): string {
    if (isLive(camera)) return words.cameraLive;
    if (camera.state === 'waiting') return words.cameraSilent(camera.detail);
    return words.cameraComing;
}

export function CameraStep({ facts, next }: StepProps) {
    const live = facts.cameras.some(isLive);
    const has = facts.cameras.length > 0;
    const [adding, setAdding] = useState(!has);
    if (adding && facts.vault.exists)
        return (
            <StepCard title={words.steps.camera}>
                <AddCamera onDone={() => setAdding(false)} />
            </StepCard>
        );
    return (
        <StepCard title={words.steps.camera} lead={words.cameraLead}>
            {!facts.vault.exists && (
                <p class="notice" data-mood="warn">
                    {words.cameraNeedsVault} <a href="#/setup/vault">{words.steps.vault}</a>
                </p>
            )}
            {has && (
                <ul class="rows" aria-label={words.steps.camera}>
                    {facts.cameras.map((camera) => (
                        <li class="row" key={camera.id} data-camera={camera.id}>
                            <div class="row-main">
                                <strong>{camera.name || camera.id}</strong>
                                <span class="note">{stateWords(camera)}</span>
                            </div>
                            {isLive(camera) && (
                                <div class="actions">
                                    <a class="button" href={`#/camera/${camera.id}`}>
                                        {words.see}
                                    </a>
                                </div>
                            )}
                        </li>
                    ))}
                </ul>
            )}
            <div class="actions">
                {facts.vault.exists && (
                    <button class={live ? '' : 'primary'} onClick={() => setAdding(true)}>
                        {has ? words.cameraMore : words.cameraAdd}
                    </button>
                )}
                <a class={live ? 'button primary' : 'button quiet'} href={next}>
                    {live ? words.on : words.later}
                </a>
            </div>
        </StepCard>
    );
}
