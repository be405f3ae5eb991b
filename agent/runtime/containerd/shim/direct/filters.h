// The file of compiled filters, beside the path that a shim is called by.
#define STORE_NAME "filters"

// An entry of it. The numbers are the machine's own: the file does not outlive a boot.
#define ENTRY_MARK 0x52464c31u
struct entry {
	unsigned int mark, description, program; // sizes in bytes of what follows
};

// filters_compile_to makes the next export write an entry and end the process.
void filters_compile_to(int fd);
