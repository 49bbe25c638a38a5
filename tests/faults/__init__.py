"""What goes wrong: processes killed, disks full, targets that lie."""
