/* rec: record what happens on this host, and run rules on it while it does. */
#include "capture/rec/session.h"

int main(int argc, char **argv)
{
	return rec_main(argc, argv);
}
