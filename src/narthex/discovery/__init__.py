"""Where targets come from: mechanisms that find them, and the manager that hands them on."""
