// Asks for the desk until it answers. Its two sentences stand here: the catalogue is not reachable.
const everyMs = 3000;

const words = {
    de: [
        'Der Server ist nicht erreichbar',
        'Nichts hier ist live. Die Verbindung wird von selbst neu versucht.',
    ],
};

const language = localStorage.getItem('scrim.language') ?? navigator.language.split('-')[0];
const translated = words[language];
if (translated) {
    document.documentElement.lang = language;
    document.getElementById('title').textContent = translated[0];
    document.getElementById('note').textContent = translated[1];
}

setInterval(() => {
    fetch('/', { cache: 'no-store' })
        .then((answer) => {
            if (answer.ok) location.reload();
        })
        .catch(() => {}); // still away: the page already says so
}, everyMs);
