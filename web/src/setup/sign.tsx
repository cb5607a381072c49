import { useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { language } from '../language';
import { Ticks } from '../people/choices';
import { serverNow } from '../state';
import { text } from '../text';
import { longDay } from '../time';
import { Field } from '../views/parts';
import { setupApi } from './api';
import { StepCard } from './card';
import { Poster, type PosterLanguage } from './poster';
import { siteDone } from './progress';
import type { StepProps } from './room';
import '../paper.css';

const words = text.setup;
type Choice = PosterLanguage | 'both';
const choices: Choice[] = ['en', 'de', 'both'];

export function SignStep({ facts, again }: StepProps) {
    const [choice, setChoice] = useState<Choice>(language);
    const [chosen, setChosen] = useState(() => facts.cameras.map((camera) => camera.id));
    const { problem, run } = useDoing();
    const cameras = facts.cameras.filter((camera) => chosen.includes(camera.id));
    const languages: PosterLanguage[] = choice === 'both' ? ['en', 'de'] : [choice];
    const printed = facts.signPrinted;
    const printNow = (): void => {
        print();
        void run(async () => {
            await setupApi.notePrinted(Math.round(serverNow()));
            await again();
        });
    };
    return (
        <StepCard title={words.steps.sign} lead={words.signLead}>
            {!siteDone(facts.site) && (
                <p class="notice" data-mood="warn">
                    {words.signIncomplete} <a href="#/setup/site">{words.steps.site}</a>
                </p>
            )}
            <Field label={words.signLanguage}>
                {(control) => (
                    <select
                        {...control}
                        value={choice}
                        onChange={(event) => setChoice(event.currentTarget.value as Choice)}
                    >
                        {choices.map((each) => (
                            <option key={each} value={each}>
                                {words.signLanguages[each]}
                            </option>
                        ))}
                    </select>
                )}
            </Field>
            {facts.cameras.length > 1 && (
                <details class="sign-cameras">
                    <summary>{words.signCameras(chosen.length, facts.cameras.length)}</summary>
                    <Ticks
                        legend={words.signWhich}
                        choices={facts.cameras.map(({ id, name }) => ({
                            value: id,
                            label: name || id,
                        }))}
                        chosen={chosen}
                        onChange={setChosen}
                    />
                </details>
            )}
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions">
                <button class="primary" onClick={printNow}>
                    {words.signPrint}
                </button>
                {printed !== null && (
                    <span class="note">{words.signPrinted(longDay(printed))}</span>
                )}
            </div>
            <div class="paper">
                {languages.map((each) => (
                    <Poster key={each} language={each} site={facts.site} cameras={cameras} />
                ))}
            </div>
        </StepCard>
    );
}
