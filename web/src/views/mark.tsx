// The mark: a figure behind gauze.
export function Mark() {
    return (
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path class="mark-gauze" d="M3 3h18v18H3zM3 7.500h18M3 12h18M3 16.500h18M7.500 3v18M12 3v18M16.500 3v18" />
            <path class="mark-figure" d="M12 5.400a2.600 2.600 0 1 1 0 5.200 2.600 2.600 0 0 1 0-5.200M7.800 21v-4.800a4.200 4.200 0 0 1 8.400 0V21z" />
        </svg>
    );
}
