// The mark: a figure behind gauze.
export function Mark() {
    return (
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path
                class="mark-gauze"
                d="M3 3h18v18H3zM3 7.500h18M3 12h18M3 16.500h18M7.5 3v18M12 3v18M16.5 3v18"
            />
            <path
                class="mark-figure"
                d="M12 5.400a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.200M7.8 21v-4.800a4.2 4.2 0 0 1 8.4 0V21z"
            />
        </svg>
    );
}
